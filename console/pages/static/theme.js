// The system's choice of light or dark, unless the person chose on the page.
(() => {
  const chosen = () => document.cookie.match(/(?:^|; )evtrust_theme=(light|dark)/)?.[1];
  const system = () => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const root = document.documentElement;
  const show = () => root.setAttribute("data-bs-theme", chosen() ?? system());
  show();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    button.hidden = false;
    button.addEventListener("click", () => {
      const other = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
      document.cookie = `evtrust_theme=${other}; path=/console; max-age=31536000; samesite=lax`;
      show();
    });
  });
})();
