/** Entry of the form for a patrol point: a pin on the map, where there is a script; an address and a place do without. */

import { place } from "./report-place";

const form = document.querySelector<HTMLFormElement>("form[data-point]");
if (form) place(form, () => undefined);
