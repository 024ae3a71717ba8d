// Runs before the first paint, so that a remembered theme does not flash; hence no module.
(() => {
  const root = document.documentElement;
  try {
    const theme = JSON.parse(localStorage.getItem("fourfold.theme") ?? "null");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // The system's choice it is.
  }
})();
