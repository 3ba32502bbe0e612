import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { TempFolder } from "./temp-folder.ts";

/** A key and a certificate for this name that only those trust who are told to. */
export async function certificateFor(name: string): Promise<{ key: string; cert: string }> {
  await using folder = await TempFolder.create();
  const [key, cert] = [folder.file("key.pem"), folder.file("cert.pem")];
  const options = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
  execFileSync("openssl", ["req", ...options, ...subject, "-keyout", key, "-out", cert], { stdio: "pipe" });
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
}
