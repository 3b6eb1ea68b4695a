// How a CDN or media server checks a Veilpass session grant: Node 20, nothing else. See docs/grants.md.
import { createPublicKey, verify } from "node:crypto";

const keys = new Map();
let freshUntil = 0, askedAt = 0;

async function keyOf(kid, jwksUrl) {
  // An unknown name may be a key that is new since, but not more often than every five seconds: anybody can send names.
  if (Date.now() > freshUntil || (!keys.has(kid) && Date.now() > askedAt + 5000)) {
    askedAt = Date.now();
    const response = await fetch(jwksUrl);
    if (!response.ok) throw new Error("the keys cannot be had");
    const maxAge = /max-age=(\d+)/.exec(response.headers.get("cache-control") ?? "")?.[1] ?? 60;
    const fetched = (await response.json()).keys.filter((key) => key.kty === "OKP" && key.crv === "Ed25519");
    keys.clear();
    for (const jwk of fetched) keys.set(jwk.kid, createPublicKey({ key: jwk, format: "jwk" }));
    freshUntil = askedAt + maxAge * 1000;
  }
  return keys.get(kid);
}

const parse = (part) => JSON.parse(Buffer.from(part, "base64url").toString());
const must = (fact, reason) => { if (!fact) throw new Error(reason); };

/** The claims of a grant that is good here and now; throws otherwise. `proof` is what the holder of the session key signed
 *  (`{ message, signature }`, base64url): a message of your choice that nobody can have used before. */
export async function checkGrant(token, { jwksUrl, issuer, audience, trackId, proof }) {
  const parts = token.split("."), [header, claims, signature] = parts;
  must(parts.length === 3, "not a token");
  const { alg, typ, kid } = parse(header);
  must(alg === "EdDSA" && typ === "veilpass-grant+jwt", "another kind of token"); // never what the token asks for
  const key = await keyOf(kid, jwksUrl), now = Date.now() / 1000;
  const signed = (by, text, sig) => verify(null, Buffer.from(text), by, Buffer.from(sig, "base64url"));
  must(key && signed(key, `${header}.${claims}`, signature), "not signed by Veilpass");
  const grant = parse(claims);
  must(grant.iss === issuer && grant.aud === audience && grant.track_id === trackId, "for somebody or something else");
  must(grant.nbf <= now + 5 && now < grant.exp, "expired, or not good yet");
  if (proof) must(signed(createPublicKey({ key: grant.cnf.jwk, format: "jwk" }), proof.message, proof.signature), "stolen");
  return grant;
}
