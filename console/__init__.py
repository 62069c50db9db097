"""Web pages for administrators, over the operations of the other contexts."""
