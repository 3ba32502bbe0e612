/**
 * Who does what just now, among all processes. Leases save work, correctness never rests on them: whoever cannot be asked
 * says yes.
 */
export interface Leases {
  /** Whether this process may do it; if so, no other may for so long. Never rejects. */
  take(task: string, ms: number): Promise<boolean>;
}
