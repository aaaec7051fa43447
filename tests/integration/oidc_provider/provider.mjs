// A real OpenID provider for the tests: npm's oidc-provider on loopback, with its own forms for signing in.
// Everything of it comes as JSON from standard input, so that a test can start it anew with other keys.
// The name somebody types is the subject; "weak" at its end means that only a password was shown.

import { readFileSync } from "node:fs";
import { Provider } from "oidc-provider";

const given = JSON.parse(readFileSync(0, "utf8"));
const isWeak = (subject) => subject.endsWith("weak");
const proofOf = (subject) =>
  isWeak(subject)
    ? { acr: "urn:symbolon:password", amr: ["pwd"] }
    : { acr: "urn:symbolon:strong", amr: ["pwd", "otp"] };

const provider = new Provider(given.issuer, {
  clients: given.clients,
  jwks: given.jwks,
  clientAuthMethods: ["client_secret_basic", "private_key_jwt"],
  enabledJWA: {
    idTokenSigningAlgValues: ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"],
    clientAuthSigningAlgValues: ["PS256", "ES256", "Ed25519"],
  },
  acrValues: ["urn:symbolon:password", "urn:symbolon:strong"],
  claims: { openid: ["sub", "acr", "amr", "auth_time"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  ttl: { AccessToken: 300, IdToken: 300, AuthorizationCode: 60, Interaction: 600, Session: 3600, Grant: 3600 },
  cookies: { keys: ["of the tests only"] },
  features: {
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => ({
        scope: "desk",
        audience: resource,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
  extraTokenClaims: (_, token) => proofOf(token.accountId),
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});

// Its own forms say who signs in, and not by what.
const finish = provider.interactionFinished.bind(provider);
provider.interactionFinished = (request, response, result, options) => {
  if (result.login) Object.assign(result.login, proofOf(result.login.accountId));
  return finish(request, response, result, options);
};

const { hostname, port } = new URL(given.issuer);
const server = provider.listen(Number(port), hostname, () => console.log("serving"));
process.on("SIGTERM", () => { server.close(); server.closeAllConnections(); });
