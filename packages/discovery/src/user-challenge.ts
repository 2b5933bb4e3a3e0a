/** What the User document answers to a caller who has not shown who it is ([MS-OCDISCWS] 3.1.5.4, [MS-OCAUTHWS]). */
import type { DiscoveryAnswer } from "./written-answer.ts";

/** The principal of Lync and Skype for Business servers, the same in every deployment. */
const SERVICE_ID = "00000004-0000-0ff1-ce00-000000000000";
const GRANTS = ["urn:microsoft.rtc:windows", "urn:microsoft.rtc:anonmeeting", "password"];

/** Both ways to a web ticket: older clients read the X-MS headers, newer ones the challenges. */
export function userChallenge(base: string, trustedIssuers: readonly string[]): DiscoveryAnswer {
  const issuers = trustedIssuers.join(",").replace(/["\\]/g, "");
  return {
    status: 401,
    headers: {
      "www-authenticate":
        `Bearer trusted_issuers="${issuers}", client_id="${SERVICE_ID}", ` +
        `MsRtcOAuth href="${base}/WebTicket/oauthtoken",grant_type="${GRANTS.join(",")}"`,
      "x-ms-webticketurl": `${base}/WebTicket/WebTicketService.svc`,
      "x-ms-webticketsupported": "cwt,saml",
      "content-type": "text/plain",
      "cache-control": "no-cache",
    },
    body: "This document is for users of the service: a web ticket or a token is needed.\n",
  };
}
