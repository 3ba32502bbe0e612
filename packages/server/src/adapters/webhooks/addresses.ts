import { BlockList, isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { isLoopbackHost } from "../../domain/webhook.ts";

/** Where an address leads. */
type Place = "public" | "loopback" | "private" | "nowhere";

const privateRanges: ReadonlySet<string> = new Set(["private", "carrierGradeNat", "uniqueLocal"]);
/** All of IPv6 that is given out to networks. */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");

/** Where clouds tell a machine its secrets, as far as it is not link-local. */
const metadata = new BlockList();
metadata.addSubnet("fd00:ec2::", 32, "ipv6"); // Amazon
for (const address of ["fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42", "fd00:a9fe:a9fe::1"]) {
  metadata.addAddress(address, "ipv6"); // Google, Oracle, Scaleway, Akamai
}
for (const address of ["100.100.100.200", "168.63.129.16"]) metadata.addAddress(address); // Alibaba, Azure

/** Nowhere: metadata of clouds, link-local, multicast, reserved, tunnels, and everything else that no webhook can be at. */
export function placeOf(address: string): Place {
  if (isIP(address) === 0) return "nowhere";
  // An IPv4 address in the clothes of IPv6 is what it is.
  const ip = ipaddr.process(address);
  if (metadata.check(ip.toString(), ip.kind())) return "nowhere";
  const range = ip.range();
  if (range === "loopback") return "loopback";
  if (privateRanges.has(range)) return "private";
  if (range !== "unicast") return "nowhere";
  return ip.kind() === "ipv4" || ip.match(globalUnicast) ? "public" : "nowhere";
}

export function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/**
 * Why nothing may be sent to this address of the host; null when it may. A host that names this machine may be on it,
 * every other has to be public, or private if that is allowed.
 */
export function refusal(hostname: string, address: string, allowPrivateNetwork: boolean): string | null {
  const place = placeOf(address);
  if (isLoopbackHost(hostname)) return place === "loopback" ? null : `${hostname} is at ${address}: not this machine.`;
  if (place === "public") return null;
  if (place === "nowhere") return `${hostname} is at ${address}, where no webhook can be.`;
  if (allowPrivateNetwork) return null;
  return `${hostname} is at ${address}, a ${place} address: if that is right, set allowPrivateNetwork.`;
}
