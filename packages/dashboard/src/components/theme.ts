import { css, type CSSResult } from "lit";

/**
 * The one place that names the public custom properties and their defaults. `light-dark()` follows the scheme of the
 * page around the component, not the system's: a dark card on a page that is always light would be unreadable.
 */
export const theme: CSSResult = css`
  :host {
    --_text: var(--aether-text, light-dark(#151a22, #edf0f5));
    --_muted: var(--aether-muted, light-dark(#566072, #a3adbd));
    --_surface: var(--aether-surface, light-dark(#ffffff, #171c25));
    --_border: var(--aether-border, light-dark(#e2e6ed, #2a3240));
    --_control: var(--aether-control-border, light-dark(#8a94a6, #6c788c));
    --_accent: var(--aether-accent, light-dark(#2f55d4, #93adff));
    --_on-accent: var(--aether-on-accent, light-dark(#ffffff, #0e1525));
    --_warm: var(--aether-warm, light-dark(#b4500a, #ffb168));
    --_warm-soft: var(--aether-warm-soft, light-dark(#fdf1e5, #33261a));
    --_track: var(--aether-track, light-dark(#e6eaf1, #2b3341));
    --_radius: var(--aether-radius, 14px);
    box-sizing: border-box;
    display: block;
    color: var(--_text);
    font-family: var(--aether-font, inherit);
    font-size: 0.9375rem;
    line-height: 1.45;
    text-align: start;
  }
  :host([hidden]) {
    display: none;
  }
  *,
  *::before,
  *::after {
    box-sizing: inherit;
  }
  .card {
    border: 1px solid var(--_border);
    border-radius: var(--_radius);
    background: var(--_surface);
    padding: 1.25rem;
  }
  p,
  ul,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }
  ul {
    list-style: none;
  }
  .muted {
    color: var(--_muted);
  }
  .title {
    font-weight: 600;
    overflow-wrap: anywhere;
    text-wrap: balance;
  }
  .hidden-text {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  button {
    min-height: 2.25rem;
    border: 1px solid var(--_control);
    border-radius: 999px;
    background: transparent;
    padding: 0 0.9rem;
    color: inherit;
    font: inherit;
    font-weight: 500;
    cursor: pointer;
  }
  button:hover {
    border-color: var(--_text);
  }
  .quiet {
    border-color: transparent;
    color: var(--_muted);
  }
  .quiet:hover {
    border-color: var(--_control);
    color: var(--_text);
  }
  :focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  .card.notice {
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: 0.4rem;
    height: 100%;
    padding: 1.5rem 1rem;
    color: var(--_muted);
    text-align: center;
    text-wrap: balance;
  }
  .notice .title {
    color: var(--_text);
    font-size: 1rem;
  }
  .notice button {
    margin-top: 0.6rem;
    color: var(--_text);
  }
  .card[aria-busy] {
    height: 100%;
  }
  .bone {
    border-radius: 6px;
    background: var(--_track);
    animation: breathe 1.6s ease-in-out infinite alternate;
  }
  @keyframes breathe {
    to {
      opacity: 0.45;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
`;
