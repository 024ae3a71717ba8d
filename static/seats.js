/** The two seats: who plays which colour, which one is you, and whose turn it is. */
import { part, write } from "./dom.js";

/** @param {HTMLElement} root holding two `.seat`s */
export function createSeats(root) {
  const places = Array.from(root.children, (place) => /** @type {HTMLElement} */ (place));

  return {
    /** @param {import("./view.js").View["seats"]} seats */
    render(seats) {
      seats.forEach(({ color, name, role, isNext }, i) => {
        const place = places[i];
        if (!place) return;
        place.dataset.color = color ?? "";
        place.toggleAttribute("data-turn", isNext);
        write(part(place, ".seat-name"), name);
        write(part(place, ".seat-role"), role);
      });
    },
  };
}
