// Hands the authenticator's answer to the form that the page holds, and sends it.
addEventListener("DOMContentLoaded", async () => {
  const form = document.querySelector("form[data-passkey]");
  if (!form) return;
  const ask = form.dataset.passkey === "register" ? handleRegister : handleSignin;
  const result = await ask(form.dataset.options);
  if (result.error_msg) {
    const said = document.getElementById("passkey-said");
    said.textContent = result.error_msg;
    said.hidden = false;
    return;
  }
  form.querySelector("[name=credential]").value = result.credential;
  form.submit();
});
