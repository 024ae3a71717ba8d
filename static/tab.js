/** The tab's title and icon, which call the player back who looks elsewhere. */

/** @param {HTMLElement} icon the page's `link rel=icon` @param {AbortSignal} signal */
export function createTab(icon, signal) {
  let title = "";
  let myTurn = false;

  function show() {
    const calls = myTurn && !document.hasFocus();
    document.title = `${calls ? "● " : ""}${title} · Fourfold`;
    const href = `/static/favicon${calls ? "-turn" : ""}.svg`;
    if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
  }

  for (const change of ["focus", "blur"]) addEventListener(change, show, { signal });
  return {
    /** @param {string} newTitle @param {boolean} isMyTurn */
    render(newTitle, isMyTurn) {
      title = newTitle;
      myTurn = isMyTurn;
      show();
    },
  };
}
