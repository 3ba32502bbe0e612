import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { after, before, beforeEach, describe, it } from "node:test";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import type { HttpError } from "../../src/http/problem.ts";
import { TokenVerifier } from "../../src/http/token-verifier.ts";
import { sign, TestService } from "./support.ts";

interface Signer {
  readonly jwk: JWK;
  readonly sign: (kid?: string) => Promise<string>;
}

async function signer(kid: string, alg = "RS256"): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return {
    jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" },
    sign: (usedKid = kid) =>
      new SignJWT({ sub: "a" }).setProtectedHeader({ alg, kid: usedKid }).setExpirationTime("1h").sign(privateKey),
  };
}

/** An identity provider that can change its keys, answer nonsense, or be slow. */
class Provider {
  keys: JWK[] = [];
  answer: "keys" | "error" | "nonsense" | "hang" = "keys";
  asked = 0;
  readonly #server: Server = createServer((_request, response) => {
    this.asked++;
    if (this.answer === "hang") return;
    response.statusCode = this.answer === "error" ? 500 : 200;
    response.end(this.answer === "nonsense" ? "<html>" : JSON.stringify({ keys: this.keys }));
  });

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks.json`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe("TokenVerifier with keys of an identity provider", () => {
  const provider = new Provider();
  let one: Signer;
  let two: Signer;
  before(async () => {
    await provider.start();
    [one, two] = await Promise.all([signer("one"), signer("two", "ES256")]);
  });
  beforeEach(() => {
    Object.assign(provider, { keys: [one.jwk], answer: "keys", asked: 0 });
  });
  after(() => provider.stop());

  const verifier = (more = {}) => TokenVerifier.create({ jwksUrl: provider.url, jwksCooldownMs: 50, ...more });
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => "accepted",
      (error: unknown) => (error as HttpError).code,
    );

  it("fetches them once for many tokens", async () => {
    const tokens = await verifier();
    await Promise.all(Array.from({ length: 10 }, async () => tokens.verify(await one.sign())));
    assert.equal(provider.asked, 1);
  });

  it("finds a new key when the provider rotates", async () => {
    const tokens = await verifier();
    await tokens.verify(await one.sign());
    provider.keys = [two.jwk, one.jwk];
    await delay(60);
    assert.equal(await codeOf(tokens.verify(await two.sign())), "accepted");
    assert.equal(provider.asked, 2);
  });

  it("refuses an unknown key, without asking for each such token", async () => {
    const tokens = await verifier({ jwksCooldownMs: 60_000 });
    for (let round = 0; round < 5; round++) {
      assert.equal(await codeOf(tokens.verify(await two.sign(`unknown-${round}`))), "unauthorized");
    }
    assert.equal(provider.asked, 1);
  });

  it("refuses a secret's algorithm and a forged signature", async () => {
    const tokens = await verifier();
    assert.equal(
      await codeOf(tokens.verify(await sign({ sub: "a" }, { alg: "HS256", kid: "one" } as never))),
      "unauthorized",
    );
    const forger = await signer("one");
    assert.equal(await codeOf(tokens.verify(await forger.sign())), "unauthorized");
  });

  it("says that it cannot tell while the provider is down, answers nonsense or hangs", async () => {
    for (const answer of ["error", "nonsense"] as const) {
      provider.answer = answer;
      assert.equal(await codeOf((await verifier()).verify(await one.sign())), "keys_unavailable", answer);
    }
    const nowhere = await TokenVerifier.create({ jwksUrl: "http://127.0.0.1:1/jwks.json" });
    assert.equal(await codeOf(nowhere.verify(await one.sign())), "keys_unavailable");
    provider.answer = "hang";
    assert.equal(await codeOf((await verifier()).verify(await one.sign())), "keys_unavailable");
  });

  it("goes on with keys it knows while the provider is down, but cannot tell about others", async () => {
    const tokens = await verifier();
    await tokens.verify(await one.sign());
    provider.answer = "error";
    await delay(60);
    assert.equal(await codeOf(tokens.verify(await one.sign())), "accepted");
    assert.equal(await codeOf(tokens.verify(await two.sign())), "keys_unavailable");
    provider.answer = "keys";
    provider.keys = [two.jwk];
    assert.equal(await codeOf(tokens.verify(await two.sign())), "accepted");
  });

  it("believes a token for at most five minutes without looking at the keys", async () => {
    let time = Date.now();
    const tokens = await verifier({ now: () => time });
    const token = await one.sign();
    await tokens.verify(token);
    time += 5 * 60_000 - 1;
    assert.ok(tokens.known(token));
    time += 1;
    assert.equal(tokens.known(token), undefined);
  });

  it("answers 503 with Retry-After over HTTP, and 401 when it can tell", async () => {
    provider.answer = "error";
    await using service = await TestService.start({ tokens: { type: "jwks", url: provider.url } });
    const ask = async (token: string) => service.student("GET", "/me", { token });
    const down = await ask(await one.sign());
    assert.deepEqual([down.status, down.body.code], [503, "keys_unavailable"]);
    assert.match(down.headers.get("retry-after") ?? "", /^[1-5]$/);
    provider.answer = "keys";
    assert.equal((await ask(await one.sign())).status, 200);
    assert.equal((await ask("x.y.z")).status, 401);
  });
});
