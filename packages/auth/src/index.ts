/** Security mechanisms as exchanges of tokens: see README.md. */
export { Der, oidOf, readDer, type DerNode } from "./asn1/der.ts";
export { BasicAcceptor, BasicInitiator, BearerAcceptor, BearerInitiator } from "./basic/basic.ts";
export type { BasicAcceptorOptions, FoundAccount, PasswordPort, TokenPort } from "./basic/basic.ts";
export { basicWithToken, decodeBasic, encodeBasic, tokenInBasic } from "./basic/basic-credentials.ts";
export type { BasicCredentials, TokenInBasic } from "./basic/basic-credentials.ts";
export { acceptCertificate, certificateFacts, certificateTable, MUTUAL_PROFILE } from "./certificate/client-certificate.ts";
export type { CertificateFacts, CertificateMapping, CertificatePort, PeerCertificate } from "./certificate/client-certificate.ts";
export { channelBindingHash, tlsServerEndPoint, type ChannelBindingPolicy } from "./channel-binding.ts";
export { md4 } from "./cipher/md4.ts";
export { Rc4 } from "./cipher/rc4.ts";
export { DigestAcceptor, type DigestAcceptorOptions } from "./digest/acceptor.ts";
export { DIGEST_ALGORITHMS, digestSecret, type DigestAlgorithm } from "./digest/digest.ts";
export { DigestInitiator, type DigestInitiatorOptions } from "./digest/initiator.ts";
export { LogonGuard, type LogonAttempt, type LogonGuardOptions } from "./guard/logon-guard.ts";
export { sourceKey } from "./guard/source-key.ts";
export { DEFAULT_MECHANISM_POLICY, LEGACY_MECHANISMS, type MechanismPolicy } from "./guard/mechanism-policy.ts";
export { VerifiedPasswords, type VerifiedPasswordsOptions } from "./guard/verified-passwords.ts";
export { parseAuthorization, parseChallenges, renderAuthorization, renderChallenge, type Challenge } from "./http/challenge.ts";
export { HttpAcceptor, type HttpAcceptorOptions, type HttpConnectionFacts, type HttpVerdict } from "./http/http-acceptor.ts";
export { HttpInitiator, type Credential, type HttpInitiatorOptions, type HttpScheme } from "./http/http-initiator.ts";
export { KerberosInitiator, kerberosAcceptor, kerberosInitiator, principalOf } from "./kerberos/kerberos.ts";
export type { KerberosInitiatorOptions, KerberosServiceOptions } from "./kerberos/kerberos.ts";
export type { Acceptor, AcceptorStep, Identity, Initiator, MechanismName, Sealed, SecurityContext } from "./mechanism.ts";
export { NegotiateAcceptor, type NegotiableAcceptor } from "./negotiate/acceptor.ts";
export { NegotiateInitiator, type NegotiableInitiator } from "./negotiate/initiator.ts";
export { KERBEROS_OID, MS_KERBEROS_OID, NTLM_OID } from "./negotiate/tokens.ts";
export { NtlmAcceptor, type NtlmAccount, type NtlmAcceptorOptions, type NtlmServerNames } from "./ntlm/acceptor.ts";
export { NtlmInitiator, type NtlmCredential, type NtlmInitiatorOptions } from "./ntlm/initiator.ts";
export { ntHash } from "./ntlm/response.ts";
export { NtlmSecurityContext } from "./ntlm/session-security.ts";
export { authorizationRequest, readRedirect, type AuthorizationRequest, type AuthorizationWish } from "./oauth/authorization-code.ts";
export { authorityOf, authorityWith, isShared, readMetadata, type Authority, type Generation } from "./oauth/authority.ts";
export { readClaims, sameAudience, type TokenClaims } from "./oauth/claims.ts";
export { clientAssertion, type ClientAuthentication, type SigningCertificate } from "./oauth/client-authentication.ts";
export { DeviceCodePoll, requestDeviceCode, type DeviceCode, type DeviceCodeWish } from "./oauth/device-code.ts";
export { errorFault, readError, SECOND_FACTOR_CODES, wantsSecondFactor, type ErrorAnswer } from "./oauth/error-answer.ts";
export { proofKey, type ProofKey } from "./oauth/pkce.ts";
export type { Post, PostAnswer } from "./oauth/post.ts";
export { readRealm, realmAddress, type Realm } from "./oauth/realm.ts";
export { readChallenge, type ChallengingAnswer, type TargetChallenge } from "./oauth/target-challenge.ts";
export {
  readToken,
  requestToken,
  sendTokenRequest,
  tokenForm,
  type Grant,
  type TokenAnswer,
  type TokenRequest,
} from "./oauth/token-request.ts";
export { equalInConstantTime } from "./octets.ts";
export { openNtHash, sealNtHash, VAULT_KEY_LENGTH } from "./secrets/nt-hash-vault.ts";
export { hashPassword, isOutdatedPasswordHash, limitPasswordHashes, verifyPassword } from "./secrets/password-hash.ts";
export { SYSTEM_SOURCES, type Sources } from "./sources.ts";
export { splitUserName } from "./user-name.ts";
export { parseIssueRequest, serializeIssueRequest, type IssueRequest } from "./ws-trust/issue-request.ts";
export {
  parseIssueResponse,
  serializeIssueResponse,
  serializeTrustFault,
  type IssuedToken,
  type TrustFault,
} from "./ws-trust/issue-response.ts";
export { SAML_11, SAML_11_TOKEN, WEB_TICKET_TOKEN, WSSE, WSU, type WsTrustVersion } from "./ws-trust/namespaces.ts";
export { at, childOf, childrenOf, escapeXml, readXml, type XmlNode } from "./ws-trust/xml-tree.ts";
