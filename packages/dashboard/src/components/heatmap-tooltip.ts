const gapPx = 8;

/**
 * Puts the tooltip above a cell, below it where there is no room, and never outside the frame sideways. Written
 * through the style object, not a style attribute: a strict Content-Security-Policy forbids the attribute.
 */
export function placeTooltip(tooltip: HTMLElement, cell: Element, frame: Element): void {
  const cellBox = cell.getBoundingClientRect();
  const frameBox = frame.getBoundingClientRect();
  const middle = cellBox.left + cellBox.width / 2 - frameBox.left;
  const left = Math.min(Math.max(middle - tooltip.offsetWidth / 2, 0), frameBox.width - tooltip.offsetWidth);
  const isRoomAbove = cellBox.top - tooltip.offsetHeight - gapPx >= 0;
  const top = isRoomAbove
    ? cellBox.top - frameBox.top - tooltip.offsetHeight - gapPx
    : cellBox.bottom - frameBox.top + gapPx;
  tooltip.style.left = `${Math.max(left, 0)}px`;
  tooltip.style.top = `${top}px`;
}
