import { SignJWT } from "jose";

const lifetimeSeconds = 7 * 86_400;

/** A token as an identity provider would issue it. @returns the token and when it expires, milliseconds since 1970 */
export async function issueToken(
  secret: string,
  claims: { sub: string; role?: string },
): Promise<{ token: string; expiresAt: number }> {
  const { sub, ...others } = claims;
  const expiresAt = Math.floor(Date.now() / 1000) + lifetimeSeconds;
  const token = await new SignJWT(others)
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime(expiresAt)
    .sign(new TextEncoder().encode(secret));
  return { token, expiresAt: expiresAt * 1000 };
}
