import { css, type CSSResult } from "lit";

export const continueStyles: CSSResult = css`
  :host {
    width: 100%;
    container-type: inline-size;
  }
  ul {
    display: grid;
    flex: 1;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 13.5rem), 1fr));
    gap: 1rem;
  }
  .cards {
    display: flex;
    flex-direction: column;
    height: 100%;
  }
  .cards > .card {
    flex: 1;
  }
  li {
    display: flex;
    flex-direction: column;
    gap: 0.25rem;
    min-width: 0;
  }
  .course {
    font-size: 0.8125rem;
    overflow-wrap: anywhere;
  }
  .title {
    font-size: 1.0625rem;
    line-height: 1.35;
  }
  .left {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem;
    margin-top: auto;
    padding-top: 0.75rem;
    font-size: 0.8125rem;
  }
  .next {
    border-radius: 999px;
    background: var(--_track);
    padding: 0.05rem 0.55rem;
    color: var(--_text);
    font-weight: 500;
  }
  .bar {
    width: 100%;
    height: 6px;
    margin: 0.35rem 0 0.75rem;
    border-radius: 3px;
    fill: var(--_track);
  }
  .bar .done {
    fill: var(--_accent);
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem;
  }
  .resume {
    display: inline-flex;
    align-items: center;
    min-height: 2.25rem;
    border: 1px solid transparent;
    border-radius: 999px;
    background: var(--_accent);
    padding: 0 1.1rem;
    color: var(--_on-accent);
    font-weight: 600;
    text-decoration: none;
  }
  .resume:hover {
    background: color-mix(in srgb, var(--_accent) 88%, var(--_text));
  }
  .undo {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.75rem;
  }
  .undo:has(button) {
    padding-top: 1rem;
  }
  /* As columns, one or two cards would be mostly empty: they lie on top of each other, the buttons at their side. */
  @container (min-width: 32rem) {
    .few {
      grid-template-columns: minmax(0, 1fr);
    }
    .few li {
      display: grid;
      grid-template-columns: minmax(0, 1fr) auto;
      align-content: center;
      column-gap: 1.5rem;
    }
    .few .left {
      padding: 0;
    }
    .few .bar {
      margin-bottom: 0;
    }
    .few .actions {
      grid-area: 1 / 2 / 5;
    }
  }
  .bone-title {
    width: 60%;
    height: 1.5rem;
    margin-bottom: 1rem;
  }
  .bone-bar {
    height: 4.5rem;
  }
  @media (forced-colors: active) {
    .bar {
      outline: 1px solid CanvasText;
      fill: Canvas;
    }
    .bar .done {
      fill: Highlight;
    }
    .next {
      border: 1px solid CanvasText;
    }
  }
`;
