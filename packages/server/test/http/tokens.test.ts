import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, it } from "node:test";
import { CompactSign, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import type { HttpError } from "../../src/http/problem.ts";
import { TokenVerifier, type TokenVerifierOptions } from "../../src/http/token-verifier.ts";
import { secret, sign } from "./support.ts";

const now = () => Math.floor(Date.now() / 1000);
const verifier = (options: Partial<TokenVerifierOptions> = {}) => TokenVerifier.create({ secret, ...options });
const segment = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

async function assertRefused(tokens: TokenVerifier, token: string, why: RegExp): Promise<void> {
  await assert.rejects(tokens.verify(token), ({ code, message, headers }: HttpError) => {
    assert.equal(code, "unauthorized");
    assert.match(message, why);
    assert.match(headers["www-authenticate"] ?? "", /^Bearer error="invalid_token", error_description="[^"\\]+"$/);
    return true;
  });
  assert.equal(tokens.known(token), undefined);
}

describe("TokenVerifier with a secret", () => {
  it("tells who it is, where and in which roles", async () => {
    const tokens = await verifier();
    const token = await sign({ sub: "auth0|5f7c", zoneinfo: "asia/kolkata", role: "admin" });
    const caller = { userId: "auth0|5f7c", zone: "Asia/Kolkata", roles: ["admin"] };
    assert.deepEqual(await tokens.verify(token), caller);
    assert.deepEqual(tokens.known(token), caller);
  });

  it("refuses tokens without signature and with another algorithm", async () => {
    const tokens = await verifier();
    const payload = { sub: "a", exp: now() + 60 };
    const rest = segment(payload);
    await assertRefused(tokens, `${segment({ alg: "none" })}.${rest}.`, /signed JWT|algorithm/);
    await assertRefused(tokens, `${segment({ alg: "None" })}.${rest}.AAAA`, /algorithm/);
    await assertRefused(tokens, await sign({}, { alg: "HS512" }), /algorithm/);
    await assertRefused(tokens, await sign({}, { alg: "HS256" }, "another secret of the same length..."), /signature/);
    const { privateKey } = await generateKeyPair("RS256");
    await assertRefused(
      tokens,
      await new SignJWT(payload).setProtectedHeader({ alg: "RS256" }).sign(privateKey),
      /algorithm/,
    );
  });

  it("refuses what is no JWT", async () => {
    const tokens = await verifier();
    const good = await sign();
    const [header, payload, signature] = good.split(".");
    const broken = [
      "",
      "x",
      "a.b",
      "a.b.c",
      "..",
      "....",
      `${good}.x`,
      `${header}.${payload}`,
      `${header}..${signature}`,
      "é.ü.ö",
    ];
    for (const token of [...broken, ` ${good}`, good.toUpperCase(), "a".repeat(10_000)]) {
      await assertRefused(tokens, token, /signed JWT|signature/);
    }
    const list = await new CompactSign(Buffer.from("[]"))
      .setProtectedHeader({ alg: "HS256" })
      .sign(Buffer.from(secret));
    await assertRefused(tokens, list, /signed JWT/);
  });

  it("wants an expiry and gives 30 s of leeway around it", async () => {
    const tokens = await verifier();
    await assertRefused(tokens, await sign({ exp: undefined }), /no exp claim/);
    await assertRefused(tokens, await sign({ exp: "tomorrow" as unknown as number }), /exp claim has the wrong type/);
    await assertRefused(tokens, await sign({ exp: now() - 32 }), /has expired/);
    await assert.doesNotReject(tokens.verify(await sign({ exp: now() - 25 })));
  });

  it("wants a token's time to have come, with 30 s of leeway", async () => {
    const tokens = await verifier();
    await assertRefused(tokens, await sign({ nbf: now() + 40 }), /not valid yet/);
    await assertRefused(tokens, await sign({ nbf: "soon" as unknown as number }), /nbf claim has the wrong type/);
    await assert.doesNotReject(tokens.verify(await sign({ nbf: now() + 20 })));
  });

  it("checks issuer and audience when they are agreed on", async () => {
    const strict = await verifier({ issuer: "https://idp.example", audience: "progress" });
    const claims = { iss: "https://idp.example", aud: ["other", "progress"] };
    await assert.doesNotReject(strict.verify(await sign(claims)));
    await assertRefused(strict, await sign({ ...claims, iss: "https://evil.example" }), /another issuer/);
    await assertRefused(strict, await sign({ ...claims, iss: undefined }), /no iss claim/);
    await assertRefused(strict, await sign({ ...claims, aud: "other" }), /another audience/);
    await assertRefused(strict, await sign({ ...claims, aud: undefined }), /no aud claim/);
    await assert.doesNotReject((await verifier()).verify(await sign({ iss: "any", aud: "any" })));
  });

  it("wants a sub that is 1 to 255 printable ASCII characters without space", async () => {
    const tokens = await verifier();
    for (const sub of [undefined, "", "a b", "a\n", "é", "x".repeat(256), 5, null, ["a"], { a: 1 }, "\u0000"]) {
      await assertRefused(tokens, await sign({ sub: sub as string }), /sub claim/);
    }
    for (const sub of ["x".repeat(255), "a@b.example", "a:b|c/d", "__proto__", "%2e"]) {
      assert.equal((await tokens.verify(await sign({ sub }))).userId, sub);
    }
  });

  it("reads roles from the agreed claim, one or many, and nothing else", async () => {
    const rolesOf = async (claims: JWTPayload, roleClaim?: string) =>
      (await (await verifier({ roleClaim })).verify(await sign(claims))).roles;
    const name = "https://example.com/roles";
    assert.deepEqual(await rolesOf({ [name]: ["a", "b"], role: "admin" }, name), ["a", "b"]);
    assert.deepEqual(await rolesOf({ role: ["admin", 5, null] }), ["admin"]);
    for (const role of [undefined, null, 5, true, { admin: true }]) assert.deepEqual(await rolesOf({ role }), []);
    assert.deepEqual(await rolesOf({}, "constructor"), []);
  });

  it("knows a verified token until it expires, and only that one", async () => {
    let time = Date.now();
    const tokens = await verifier({ now: () => time });
    const exp = Math.floor(time / 1000) + 10;
    const token = await sign({ exp });
    assert.equal(tokens.known(token), undefined);
    await tokens.verify(token);
    time = (exp + 30) * 1000 - 1;
    assert.ok(tokens.known(token));
    assert.equal(tokens.known(`${token} `), undefined);
    time += 1;
    assert.equal(tokens.known(token), undefined);
    await assertRefused(tokens, token, /expired/);
  });
});

describe("TokenVerifier with a public key", () => {
  const claims = { sub: "a", exp: now() + 60 };
  const signed = (alg: string, key: KeyObject | CryptoKey) => new SignJWT(claims).setProtectedHeader({ alg }).sign(key);

  for (const alg of ["RS256", "ES256"]) {
    it(`takes ${alg} by the type of the key, and no other algorithm`, async () => {
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
      const publicKeyPem = await exportSPKI(publicKey);
      const tokens = await TokenVerifier.create({ publicKeyPem });
      assert.equal((await tokens.verify(await signed(alg, privateKey))).userId, "a");
      const stranger = await generateKeyPair(alg);
      await assertRefused(tokens, await signed(alg, stranger.privateKey), /signature/);
      // The classic: the public key, which everybody has, as the secret of an HMAC.
      for (const key of [publicKeyPem, publicKeyPem.trimEnd()]) {
        await assertRefused(tokens, await sign(claims, { alg: "HS256" }, key), /algorithm/);
      }
    });
  }

  it("refuses RSA tokens with another padding or hash", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const tokens = await TokenVerifier.create({ publicKeyPem: publicKey.export({ type: "spki", format: "pem" }) });
    for (const alg of ["RS512", "PS256"]) await assertRefused(tokens, await signed(alg, privateKey), /algorithm/);
  });

  it("does not start with a key that is too weak, of another kind, or none", async () => {
    const pem = (key: KeyObject) => key.export({ type: "spki", format: "pem" });
    const weak = [
      pem(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey),
      pem(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey),
      pem(generateKeyPairSync("ed25519").publicKey),
      "no key at all",
    ];
    for (const publicKeyPem of weak) await assert.rejects(TokenVerifier.create({ publicKeyPem }));
  });
});
