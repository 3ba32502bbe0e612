import { createPublicKey, type KeyObject, subtle } from "node:crypto";
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTVerifyGetKey } from "jose";
import { HttpError } from "./problem.ts";

/** Where the keys come from that tokens are checked with. */
export type TokenKeyOptions =
  | { readonly secret: string }
  | { readonly publicKeyPem: string }
  | {
      readonly jwksUrl: string;
      /** How long a set that lacks a key is not asked for again; 5 s, unless a test is in a hurry. */
      readonly jwksCooldownMs?: number;
    };

/** Keys and the only algorithms they may be used with: a token never chooses how it is checked. */
export interface TokenKeys {
  readonly algorithms: readonly string[];
  readonly find: JWTVerifyGetKey;
  /** How long a checked token may be believed without looking at the keys again. */
  readonly trustMs: number;
}

const minimumRsaBits = 2048;
const jwksTimeoutMs = 3_000;
const jwksCooldownMs = 5_000;
const jwksFreshMs = 5 * 60_000;
/** A provider that is down does not lock out students whose keys were known this recently. */
const jwksStaleMs = 60 * 60_000;

/** @throws Error when it is no key that tokens can be checked with */
export async function loadTokenKeys(options: TokenKeyOptions): Promise<TokenKeys> {
  if ("secret" in options) return secretKey(options.secret);
  if ("publicKeyPem" in options) return publicKey(options.publicKeyPem);
  return remoteKeys(new URL(options.jwksUrl), options.jwksCooldownMs ?? jwksCooldownMs);
}

async function secretKey(secret: string): Promise<TokenKeys> {
  const bytes = new TextEncoder().encode(secret);
  const key = await subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  return { algorithms: ["HS256"], find: async () => key, trustMs: Infinity };
}

function publicKey(pem: string): TokenKeys {
  const key = createPublicKey(pem);
  return { algorithms: [algorithmOf(key)], find: async () => key, trustMs: Infinity };
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const { modulusLength = 0, namedCurve } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === "rsa" && modulusLength >= minimumRsaBits) return "RS256";
  if (asymmetricKeyType === "ec" && namedCurve === "prime256v1") return "ES256";
  throw new Error(`The public key must be RSA of at least ${minimumRsaBits} bits or EC on the curve P-256.`);
}

function remoteKeys(url: URL, cooldownDuration: number): TokenKeys {
  const options = { timeoutDuration: jwksTimeoutMs, cooldownDuration, cacheMaxAge: jwksFreshMs };
  const remote = createRemoteJWKSet(url, options);
  let reachedAt = -Infinity;
  const find: JWTVerifyGetKey = async (header, token) => {
    try {
      const key = await remote(header, token);
      if (remote.fresh) reachedAt = performance.now();
      return key;
    } catch (error) {
      if (isAboutTheToken(error)) throw error;
      const known = remote.jwks();
      const isStale = performance.now() - reachedAt > jwksStaleMs;
      // A key that is not among the known ones may be a new one: nobody can say while the provider is down.
      if (known === undefined || isStale) throw keysUnavailable(error);
      return createLocalJWKSet(known)(header, token).catch(() => {
        throw keysUnavailable(error);
      });
    }
  };
  return { algorithms: ["RS256", "ES256"], find, trustMs: jwksFreshMs };
}

function isAboutTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

function keysUnavailable(cause: unknown): HttpError {
  return new HttpError("keys_unavailable", "The keys that tokens are checked with cannot be fetched: try again.", {
    cause,
  });
}
