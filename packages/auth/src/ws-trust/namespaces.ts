/** Names of WS-Trust, WS-Security and SAML 1.1 as the legacy sign-in uses them. */

export const SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/";
export const SOAP_12 = "http://www.w3.org/2003/05/soap-envelope";
export const WSA = "http://www.w3.org/2005/08/addressing";
export const WSP = "http://schemas.xmlsoap.org/ws/2004/09/policy";
export const WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
export const WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
export const SAML_11 = "urn:oasis:names:tc:SAML:1.0:assertion";

export type WsTrustVersion = "2005" | "1.3";

interface Trust {
  ns: string;
  /** Of the request and of its answer. */
  requestAction: string;
  responseAction: string;
  requestType: string;
  /** No proof of possession: who holds the token is who it names. */
  bearer: string;
}

/** WS-Trust of February 2005, and 1.3 of OASIS: the same conversation in other names. */
export const TRUST: Readonly<Record<WsTrustVersion, Trust>> = {
  "2005": {
    ns: "http://schemas.xmlsoap.org/ws/2005/02/trust",
    requestAction: "http://schemas.xmlsoap.org/ws/2005/02/trust/RST/Issue",
    responseAction: "http://schemas.xmlsoap.org/ws/2005/02/trust/RSTR/Issue",
    requestType: "http://schemas.xmlsoap.org/ws/2005/02/trust/Issue",
    bearer: "http://schemas.xmlsoap.org/ws/2005/05/identity/NoProofKey",
  },
  "1.3": {
    ns: "http://docs.oasis-open.org/ws-sx/ws-trust/200512",
    requestAction: "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Issue",
    responseAction: "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RSTRC/IssueFinal",
    requestType: "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Issue",
    bearer: "http://docs.oasis-open.org/ws-sx/ws-trust/200512/Bearer",
  },
};

/** A SAML 1.1 assertion, as WS-Trust and WS-Security name it. */
export const SAML_11_TOKEN = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile-1.1#SAMLV1.1";
/** The compact web ticket ([MS-OCAUTHWS] 2.2.4). */
export const WEB_TICKET_TOKEN = "urn:component:Microsoft.Rtc.WebAuthentication.2010:user-cwt-1";
/** Text of a wsse:Password that is the password itself. */
export const PASSWORD_TEXT = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText";
