import { css, type CSSResult } from "lit";

export const heatmapStyles: CSSResult = css`
  :host {
    --_level-0: var(--aether-level-0, light-dark(#e9edf3, #262e3b));
    --_level-1: var(--aether-level-1, light-dark(#bfd0fb, #30488a));
    --_level-2: var(--aether-level-2, light-dark(#86a5f5, #4569c9));
    --_level-3: var(--aether-level-3, light-dark(#4a70e2, #7d9ef7));
    --_level-4: var(--aether-level-4, light-dark(#1f3a99, #c9d7ff));
    --_gap: 3px;
    container-type: inline-size;
    width: 100%;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.75rem 1rem;
    margin-bottom: 1rem;
  }
  .choice {
    display: inline-flex;
    border-radius: 999px;
    background: var(--_track);
    padding: 3px;
  }
  .choice button {
    min-height: 1.875rem;
    border-color: transparent;
    color: var(--_muted);
    font-size: 0.8125rem;
  }
  .choice button[aria-pressed="true"] {
    background: var(--_surface);
    color: var(--_text);
    box-shadow: 0 1px 2px rgb(0 0 0 / 14%);
  }
  .frame {
    position: relative;
  }
  .scroller {
    --_fluid: calc((100cqi - 5.5rem) / 53 - var(--_gap));
    --_cell: var(--aether-cell-size, clamp(12px, var(--_fluid), 18px));
    overflow-x: auto;
    overflow-y: hidden;
    padding: 4px;
    margin: -4px;
    scrollbar-width: thin;
  }
  table {
    border-collapse: separate;
    border-spacing: var(--_gap);
    margin: calc(-1 * var(--_gap));
  }
  th {
    padding: 0;
    color: var(--_muted);
    font-size: 0.75rem;
    font-weight: 400;
    text-align: start;
    white-space: nowrap;
  }
  thead th {
    max-width: 0;
    overflow: visible;
    padding-bottom: 3px;
  }
  tbody th {
    position: sticky;
    z-index: 1;
    inset-inline-start: -4px;
    background: var(--_surface);
    padding-inline: 4px 0.6rem;
    line-height: 1;
  }
  th.unseen > [aria-hidden] {
    visibility: hidden;
  }
  td {
    padding: 0;
  }
  .day {
    min-width: var(--_cell);
    width: var(--_cell);
    height: var(--_cell);
    border-radius: 3px;
    cursor: pointer;
  }
  .day:hover,
  .swatch {
    outline: 1px solid color-mix(in srgb, var(--_text) 22%, transparent);
    outline-offset: -1px;
  }
  .day[aria-current] {
    outline: 2px solid var(--_text);
    outline-offset: 1px;
  }
  .day:focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  [data-level="0"] {
    --_fill: var(--_level-0);
  }
  [data-level="1"] {
    --_fill: var(--_level-1);
  }
  [data-level="2"] {
    --_fill: var(--_level-2);
  }
  [data-level="3"] {
    --_fill: var(--_level-3);
  }
  [data-level="4"] {
    --_fill: var(--_level-4);
  }
  .day,
  .swatch {
    background: var(--_fill);
  }
  .tooltip {
    position: absolute;
    z-index: 2;
    width: max-content;
    max-width: 100%;
    border-radius: 8px;
    background: var(--_text);
    padding: 0.35rem 0.65rem;
    color: var(--_surface);
    font-size: 0.8125rem;
    pointer-events: none;
  }
  .tooltip[hidden] {
    display: none;
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: flex-end;
    gap: 0.35rem 0.9rem;
    margin-top: 1rem;
    color: var(--_muted);
    font-size: 0.75rem;
  }
  .legend li {
    display: inline-flex;
    align-items: center;
    gap: 0.35rem;
  }
  .swatch {
    width: 12px;
    height: 12px;
    border-radius: 3px;
  }
  .month-name {
    margin: 1.25rem 0 0.35rem;
    color: var(--_muted);
    font-size: 0.8125rem;
    font-weight: 600;
  }
  .month-name:first-child {
    margin-top: 0;
  }
  .list > button {
    margin-top: 1rem;
  }
  .list-day {
    display: grid;
    grid-template-columns: minmax(4.5rem, 1fr) auto 6.5rem;
    align-items: center;
    gap: 0.75rem;
    width: 100%;
    min-height: 2.75rem;
    border: 0;
    border-top: 1px solid var(--_border);
    border-radius: 0;
    padding: 0 0.25rem;
    font-weight: 400;
    text-align: start;
  }
  .list-day:hover {
    background: color-mix(in srgb, var(--_track) 45%, transparent);
  }
  .list-day > :last-child {
    text-align: end;
  }
  .meter {
    display: inline-flex;
    gap: 3px;
  }
  .meter i {
    width: 14px;
    height: 8px;
    border-radius: 2px;
    background: var(--_level-0);
  }
  .meter[data-level="1"] i:nth-child(-n + 1),
  .meter[data-level="2"] i:nth-child(-n + 2),
  .meter[data-level="3"] i:nth-child(-n + 3),
  .meter[data-level="4"] i {
    background: var(--_level-3);
  }
  .bones {
    height: 9.5rem;
  }
  @media (forced-colors: active) {
    :host {
      --_level-0: Canvas;
      --_level-1: color-mix(in srgb, CanvasText 25%, Canvas);
      --_level-2: color-mix(in srgb, CanvasText 50%, Canvas);
      --_level-3: color-mix(in srgb, CanvasText 75%, Canvas);
      --_level-4: CanvasText;
    }
    .day,
    .swatch,
    .meter i {
      border: 1px solid CanvasText;
      forced-color-adjust: none;
    }
    .choice button[aria-pressed="true"],
    .tooltip {
      border: 1px solid CanvasText;
    }
    .choice button[aria-pressed="true"] {
      text-decoration: underline;
    }
  }
`;
