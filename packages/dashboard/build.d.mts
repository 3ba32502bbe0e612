/** What a page pays for all four components, Lit included. */
export const componentsLimitBytes: number;
/** The folder of the demo lectures. */
export const mediaDir: string;
export function buildComponents(outDir?: string): Promise<{ gzipBytes: number }>;
export function buildPage(outDir?: string, options?: { alias?: Record<string, string> }): Promise<void>;
