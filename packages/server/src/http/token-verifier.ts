import { errors, type JWTPayload, jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import type { Identity } from "../application/student-day.ts";
import { parseTimeZone } from "../domain/activity-day.ts";
import { parseUserId } from "../domain/ids.ts";
import { HttpError } from "./problem.ts";
import { loadTokenKeys, type TokenKeyOptions, type TokenKeys } from "./token-keys.ts";

/** Who sent a request, by their token. */
export interface Caller extends Identity {
  readonly roles: readonly string[];
}

export type TokenVerifierOptions = TokenKeyOptions & {
  /** Checked when given. */
  readonly issuer?: string | undefined;
  /** Checked when given. */
  readonly audience?: string | undefined;
  /** The claim that holds the role, or a list of roles; `role` by default. */
  readonly roleClaim?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

interface Known {
  readonly caller: Caller;
  /** Milliseconds since 1970. */
  readonly until: number;
}

const leewaySeconds = 30;
const maxTokens = 100_000;
const maxTokenCharacters = 64 * 1024 * 1024;

/**
 * Checks tokens: the signature once, after that the token is known by itself until it expires or its keys should be looked
 * at again. Neither tokens nor keys ever leave this class.
 */
export class TokenVerifier {
  readonly #keys: TokenKeys;
  readonly #expected: { issuer?: string; audience?: string };
  readonly #roleClaim: string;
  readonly #now: () => number;
  readonly #known = new LRUCache<string, Known>({
    max: maxTokens,
    maxSize: maxTokenCharacters,
    sizeCalculation: (_, token) => token.length,
  });

  private constructor(keys: TokenKeys, options: TokenVerifierOptions) {
    const { issuer, audience } = options;
    this.#keys = keys;
    this.#expected = { ...(issuer !== undefined && { issuer }), ...(audience !== undefined && { audience }) };
    this.#roleClaim = options.roleClaim ?? "role";
    this.#now = options.now ?? Date.now;
  }

  /** @throws Error when the key is none that tokens can be checked with */
  static async create(options: TokenVerifierOptions): Promise<TokenVerifier> {
    return new TokenVerifier(await loadTokenKeys(options), options);
  }

  /** The caller if this very token has been verified before and still holds. */
  known(token: string): Caller | undefined {
    const known = this.#known.get(token);
    return known !== undefined && this.#now() < known.until ? known.caller : undefined;
  }

  /** @throws HttpError `unauthorized`, `keys_unavailable` */
  async verify(token: string): Promise<Caller> {
    const payload = await this.#payload(token);
    const caller = this.#caller(payload);
    const expiresAt = ((payload.exp ?? 0) + leewaySeconds) * 1000;
    this.#known.set(token, { caller, until: Math.min(expiresAt, this.#now() + this.#keys.trustMs) });
    return caller;
  }

  async #payload(token: string): Promise<JWTPayload> {
    const { find, algorithms } = this.#keys;
    try {
      const { payload } = await jwtVerify(token, find, {
        ...this.#expected,
        algorithms: [...algorithms],
        requiredClaims: ["exp"],
        clockTolerance: leewaySeconds,
        currentDate: new Date(this.#now()),
      });
      return payload;
    } catch (error) {
      throw error instanceof HttpError ? error : invalidToken(whatIsWrong(error), error);
    }
  }

  #caller(payload: JWTPayload): Caller {
    const { sub, ["zoneinfo"]: zoneinfo } = payload;
    const userId = typeof sub === "string" ? parseUserId(sub) : undefined;
    if (userId === undefined) {
      throw invalidToken("its sub claim must be 1 to 255 printable ASCII characters without space");
    }
    const zone = typeof zoneinfo === "string" ? parseTimeZone(zoneinfo) : undefined;
    const role = Object.hasOwn(payload, this.#roleClaim) ? payload[this.#roleClaim] : [];
    const roles = [role].flat().filter((name) => typeof name === "string");
    return { userId, zone: zone ?? null, roles };
  }
}

/** A 401 that tells the client, in the words of RFC 6750, that the token is the problem. */
export function invalidToken(reason: string, cause?: unknown): HttpError {
  return new HttpError("unauthorized", `The token is not accepted: ${reason}. Get a new one.`, {
    cause,
    headers: { "www-authenticate": `Bearer error="invalid_token", error_description="${reason}"` },
  });
}

function whatIsWrong(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "it has expired";
  if (error instanceof errors.JWTClaimValidationFailed) return wrongClaim(error.claim, error.reason);
  if (error instanceof errors.JWSSignatureVerificationFailed) return "its signature does not match";
  if (error instanceof errors.JOSEAlgNotAllowed) return "its algorithm is not the one agreed on";
  if (error instanceof errors.JWKSNoMatchingKey) return "no known key has signed it";
  if (error instanceof errors.JWKSMultipleMatchingKeys) return "it does not say which key has signed it";
  return "it is not a signed JWT";
}

function wrongClaim(claim: string, reason: string): string {
  if (reason === "missing") return `it has no ${claim} claim`;
  if (reason === "invalid") return `its ${claim} claim has the wrong type`;
  const known: Record<string, string> = {
    nbf: "it is not valid yet",
    iss: "it comes from another issuer",
    aud: "it is meant for another audience",
  };
  return known[claim] ?? `its ${claim} claim is not the one expected`;
}
