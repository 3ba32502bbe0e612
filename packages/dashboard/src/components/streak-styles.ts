import { css, type CSSResult } from "lit";

export const streakStyles: CSSResult = css`
  .card {
    display: flex;
    flex-direction: column;
    gap: 0.75rem;
    height: 100%;
  }
  .head {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 1rem;
  }
  .head button {
    margin-inline-end: -0.6rem;
    font-size: 0.8125rem;
  }
  .chip {
    border-radius: 999px;
    background: var(--_track);
    padding: 0.2rem 0.7rem;
    font-size: 0.8125rem;
    font-weight: 600;
  }
  :host([streak-state="active"]) .chip,
  :host([streak-state="at-risk"]) .chip {
    background: var(--_warm-soft);
    color: var(--_warm);
  }
  .current {
    display: flex;
    align-items: baseline;
    gap: 0.5rem;
    font-weight: 500;
  }
  .number {
    font-size: 3rem;
    font-weight: 650;
    font-variant-numeric: tabular-nums;
    letter-spacing: -0.03em;
    line-height: 1;
  }
  .flame {
    align-self: center;
    width: 1.625rem;
    height: 2.5rem;
    fill: var(--_muted);
    opacity: 0.55;
  }
  :host([streak-state="active"]) .flame {
    fill: var(--_warm);
    opacity: 1;
  }
  :host([streak-state="at-risk"]) .flame {
    fill: none;
    stroke: var(--_warm);
    stroke-width: 1.6;
    opacity: 1;
  }
  .hint {
    text-wrap: pretty;
  }
  dl {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(5rem, 1fr));
    gap: 0.75rem;
    margin-top: auto;
    border-top: 1px solid var(--_border);
    padding-top: 1rem;
  }
  dt {
    font-size: 0.8125rem;
  }
  dd {
    font-size: 1.25rem;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .bone-chip {
    width: 5rem;
    height: 1.5rem;
  }
  .bone-number {
    width: 60%;
    height: 3rem;
  }
  .bone-hint {
    height: 4.5rem;
  }
  @media (forced-colors: active) {
    .chip {
      border: 1px solid CanvasText;
    }
    :host([streak-state]) .flame {
      fill: CanvasText;
      stroke: none;
    }
  }
`;
