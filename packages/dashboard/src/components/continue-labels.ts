export interface ContinueLabels {
  resume: (isStarted: boolean) => string;
  next: string;
  timeLeft: (duration: string) => string;
  dismiss: string;
  dismissed: (courseTitle: string) => string;
  undo: string;
  emptyTitle: string;
  emptyHint: string;
}

export const continueLabels: ContinueLabels = {
  resume: (isStarted) => (isStarted ? "Resume" : "Start"),
  next: "Next lecture",
  timeLeft: (duration) => `${duration} left`,
  dismiss: "Hide",
  dismissed: (courseTitle) => `“${courseTitle}” is hidden here. Its progress is kept.`,
  undo: "Undo",
  emptyTitle: "Nothing to continue",
  emptyHint: "A lecture you leave halfway waits for you here.",
};
