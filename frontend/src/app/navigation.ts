// On a phone the navigation is one line that is pushed aside: the room that is open stands in it where it is seen.

export function startNavigation(): void {
  const strip = document.querySelector<HTMLElement>("nav.rooms ul");
  const here = strip?.querySelector<HTMLElement>('[aria-current="page"]');
  if (!strip || !here || strip.scrollWidth <= strip.clientWidth) return;
  strip.scrollLeft = here.offsetLeft - strip.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
}
