"""The room that is the data: how stations and vehicles name the files of their PKI."""
