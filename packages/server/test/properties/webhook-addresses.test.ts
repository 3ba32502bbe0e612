import assert from "node:assert/strict";
import { BlockList, isIPv6 } from "node:net";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { placeOf, refusal } from "../../src/adapters/webhooks/addresses.ts";
import { isLoopbackHost } from "../../src/domain/webhook.ts";

/** From the registries of special-purpose addresses at IANA; written down apart from what is tested. */
const special: Record<"loopback" | "private" | "nowhere", readonly string[]> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"],
  nowhere: [
    "0.0.0.0/8",
    "169.254.0.0/16",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "::/128",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.175.48.0/24",
    "2620:4f:8000::/48",
    "3fff::/20",
    "5f00::/16",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
    // Not from the registries: where clouds keep the metadata of a machine.
    "169.254.169.254/32",
    "169.254.170.2/32",
    "100.100.100.200/32",
    "168.63.129.16/32",
    "192.0.0.192/32",
    "fd00:ec2::254/128",
    "fd00:ec2::23/128",
    "fd20:ce::254/128",
    "fd00:c1::a9fe:a9fe/128",
    "fd00:42::42/128",
    "fd00:a9fe:a9fe::1/128",
  ],
};
const lists = Object.entries(special).map(([place, ranges]) => [place, listOf(ranges)] as const);
const everything6 = listOf(["2000::/3"]);

const byte = fc.nat({ max: 255 });
const anyIpv4 = fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join("."));
const anyIpv6 = fc.array(fc.nat({ max: 0xffff }), { minLength: 8, maxLength: 8 }).map(spelled);
/** The first and the last address of a range, and their neighbours: where a check is wrong first. */
const atABorder = fc
  .tuple(fc.constantFrom(...Object.values(special).flat(), "2000::/3"), fc.constantFrom(-1, 0, 1), fc.boolean())
  .map(([range, step, isLast]) => borderOf(range, isLast, BigInt(step)));
const anyAddress = fc.oneof(anyIpv4, anyIpv6, atABorder);

describe("an address of a webhook", () => {
  test("is where the registries say, at every border and anywhere else", () => {
    fc.assert(
      fc.property(anyAddress, (address) => assert.equal(isPublic(address), placeOf(address) === "public", address)),
      { numRuns: 20_000 },
    );
    for (const [place, ranges] of Object.entries(special)) {
      for (const range of ranges) {
        for (const isLast of [false, true]) {
          const address = borderOf(range, isLast, 0n);
          assert.equal(placeOf(address), place, `${address} of ${range}`);
        }
      }
    }
  });

  test("is the same in the clothes of IPv6", () => {
    fc.assert(fc.property(anyIpv4, (address) => assert.equal(placeOf(`::ffff:${address}`), placeOf(address))));
  });

  test("is the same in every spelling a URL may have", () => {
    const spelling = fc.constantFrom<(bytes: number[]) => string>(
      (bytes) => bytes.join("."),
      (bytes) => bytes.map((part) => `0${part.toString(8)}`).join("."),
      (bytes) => bytes.map((part) => `0x${part.toString(16)}`).join("."),
      (bytes) => String(numberOf(bytes)),
      (bytes) => `0x${numberOf(bytes).toString(16)}`,
      ([first = 0, ...rest]) => `${first}.${numberOf(rest)}`,
    );
    fc.assert(
      fc.property(fc.tuple(byte, byte, byte, byte), spelling, (bytes, spell) => {
        const { hostname } = new URL(`https://${spell(bytes)}/`);
        assert.equal(placeOf(hostname), placeOf(bytes.join(".")));
        assert.equal(isLoopbackHost(hostname), bytes[0] === 127);
      }),
    );
  });

  test("is nothing that no address is", () => {
    for (const text of [
      "",
      "localhost",
      "127.1",
      "0177.0.0.1",
      "1.2.3",
      "::g",
      "1.2.3.4.5",
      " 8.8.8.8",
      "8.8.8.8:80",
    ]) {
      assert.equal(placeOf(text), "nowhere", text);
    }
    assert.equal(placeOf("fe80::1%eth0"), "nowhere");
  });
});

describe("a webhook may be sent to", () => {
  test("every public address, and to private ones only if that is allowed, and never elsewhere", () => {
    fc.assert(
      fc.property(anyAddress, fc.boolean(), (address, allowed) => {
        const place = placeOf(address);
        const may = place === "public" || (allowed && place !== "nowhere");
        assert.equal(refusal("example.org", address, allowed) === null, may, address);
      }),
    );
  });

  test("no address where clouds keep their metadata, whatever is allowed", () => {
    for (const address of ["169.254.169.254", "fd00:ec2::254", "::ffff:100.100.100.200", "fd00:0ec2:0:0::254"]) {
      assert.match(String(refusal("example.org", address, true)), /where no webhook can be/);
    }
  });

  test("this machine if its host says so, and then to nothing else", () => {
    for (const host of ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"]) {
      fc.assert(
        fc.property(anyAddress, fc.boolean(), (address, allowed) => {
          assert.equal(refusal(host, address, allowed) === null, placeOf(address) === "loopback", address);
        }),
      );
    }
    for (const host of ["127.0.0.1.example.org", "localhost.example.org", "example.org", "[::]", "0.0.0.0"]) {
      assert.equal(isLoopbackHost(host), false, host);
    }
  });
});

function isPublic(address: string): boolean {
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  if (lists.some(([, list]) => list.check(address, family))) return false;
  return family === "ipv4" || everything6.check(address, family);
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    list.addSubnet(address, Number(bits), isIPv6(address) ? "ipv6" : "ipv4");
  }
  return list;
}

function borderOf(range: string, isLast: boolean, step: bigint): string {
  const [address = "", bits] = range.split("/");
  const size = isIPv6(address) ? 128n : 32n;
  const first = valueOf(address);
  const value = (isLast ? first + (1n << (size - BigInt(bits ?? 0))) - 1n : first) + step;
  return addressOf(BigInt.asUintN(Number(size), value), size);
}

function valueOf(address: string): bigint {
  if (!isIPv6(address)) return address.split(".").reduce((value, part) => value * 256n + BigInt(part), 0n);
  const [head = "", tail = ""] = address.split("::");
  const [front, back] = [head, tail].map((part) => part.split(":").filter((group) => group !== "")) as [
    string[],
    string[],
  ];
  const groups = [...front, ...Array<string>(8 - front.length - back.length).fill("0"), ...back];
  return groups.reduce((value, group) => value * 65_536n + BigInt(`0x${group}`), 0n);
}

function addressOf(value: bigint, size: bigint): string {
  const [parts, width] = size === 32n ? [4, 8n] : [8, 16n];
  const groups = Array.from({ length: parts }, (_, index) =>
    Number(BigInt.asUintN(Number(width), value >> (width * BigInt(parts - 1 - index)))),
  );
  return size === 32n ? groups.join(".") : spelled(groups);
}

function spelled(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(":");
}

function numberOf(bytes: readonly number[]): number {
  return bytes.reduce((value, part) => value * 256 + part, 0);
}
