import {
  type CSSResultGroup,
  html,
  LitElement,
  type PropertyDeclarations,
  type PropertyValues,
  type TemplateResult,
} from "lit";
import { connectApi, type GetToken, type ProgressApi } from "../api/progress-api.ts";
import { DateWords, localeOf } from "./date-words.ts";
import { theme } from "./theme.ts";

export type LoadState = "loading" | "error" | "ready";

export interface StateLabels {
  loading: string;
  errorTitle: string;
  errorHint: string;
  retry: string;
}

const stateLabels: StateLabels = {
  loading: "Loading…",
  errorTitle: "This could not be loaded",
  errorHint: "Nothing is lost. Check the connection and try again.",
  retry: "Try again",
};

/**
 * What the four components share: data comes by property, or from the service when `endpoint` is set, and every
 * component is in one of three states. With data by property the page owns the state (`state="error"`), and
 * `retry` tells it that the student wants another try.
 */
export abstract class ConnectedElement<Labels extends object> extends LitElement {
  static override properties: PropertyDeclarations = {
    endpoint: {},
    getToken: { attribute: false },
    labels: { attribute: false },
    locale: {},
    state: { reflect: true },
  };
  static override styles: CSSResultGroup = theme;

  declare endpoint: string | undefined;
  declare getToken: GetToken | undefined;
  declare labels: Partial<Labels & StateLabels> | undefined;
  declare locale: string | undefined;
  declare state: LoadState | undefined;

  protected words: DateWords = new DateWords("en");
  protected abstract readonly defaultLabels: Labels;
  #loading: AbortController | undefined;

  protected abstract get hasData(): boolean;
  protected abstract load(api: ProgressApi, signal: AbortSignal): Promise<void>;
  protected abstract renderReady(): unknown;
  protected abstract renderLoading(): unknown;

  protected get text(): Labels & StateLabels {
    return { ...stateLabels, ...this.defaultLabels, ...this.labels };
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.reload();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#loading?.abort();
  }

  /** Asks the service again; what is shown stays until the answer is there. */
  reload(): void {
    if (!this.endpoint) return;
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    if (!this.hasData) this.state = "loading";
    this.load(connectApi(this.endpoint, this.getToken), loading.signal).then(
      () => {
        if (!loading.signal.aborted) this.state = "ready";
      },
      () => {
        if (!loading.signal.aborted && !this.hasData) this.state = "error";
      },
    );
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("locale") || !this.hasUpdated) this.words = new DateWords(localeOf(this));
    if (changed.has("endpoint") || changed.has("getToken")) this.reload();
  }

  protected override render(): unknown {
    if (this.state === "error") return this.#renderError();
    if (this.state === "loading" || !this.hasData) {
      return html`<div class="card" part="card" aria-busy="true">
        <span class="hidden-text" role="status">${this.text.loading}</span>${this.renderLoading()}
      </div>`;
    }
    return this.renderReady();
  }

  protected renderNotice(title: string, hint: string): TemplateResult {
    return html`<div class="card notice" part="card empty">
      <p class="title">${title}</p>
      <p>${hint}</p>
    </div>`;
  }

  protected emit(type: string, detail: object, cancelable = false): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable }));
  }

  #renderError(): TemplateResult {
    const { errorTitle, errorHint, retry } = this.text;
    return html`<div class="card notice" part="card error" role="alert">
      <p class="title">${errorTitle}</p>
      <p>${errorHint}</p>
      <button type="button" part="button" @click=${this.#retry}>${retry}</button>
    </div>`;
  }

  #retry(): void {
    this.emit("retry", {});
    this.reload();
  }
}
