import { describe, expect, test } from "vitest";
import { assignedPlanXml, parseAssignedPlans, servicePlan } from "./licences.ts";

const MCOEV = servicePlan("MCOEV")?.id ?? "";
const MCOSTANDARD = servicePlan("MCOSTANDARD")?.id ?? "";
const SINCE = Date.parse("2020-05-06T07:08:09.000Z");

describe("AssignedPlan is read", () => {
  test.each([
    ["as our XML", assignedPlanXml({ planId: MCOEV, status: "Suspended", assignedMs: SINCE }), "Suspended", SINCE],
    [
      "as JSON of module 3.0",
      `{"AssignedTimestamp":"2020-05-06T07:08:09Z","Capability":"MCOEV","CapabilityStatus":"Deleted","ServicePlanId":"${MCOEV}"}`,
      "Deleted",
      SINCE,
    ],
    ["as JSON with a number, by its name", '{ "Capability": "MCOEV", "CapabilityStatus": 1 }', "Warning", 5],
    ["as JSON that says nothing of its state", `{"ServicePlanId":"${MCOEV}","AssignedTimestamp":null}`, "Enabled", 5],
    ["as a name", "MCOEV", "Enabled", 5],
  ])("%s", (_, text, status, assignedMs) => {
    expect(parseAssignedPlans(text, 5)).toEqual([{ planId: MCOEV, status, assignedMs }]);
  });

  test("as a list of JSON, the last word of each plan counting", () => {
    const plan = (id: string, status: string) => `{"Capability":"x","CapabilityStatus":"${status}","ServicePlanId":"${id}"}`;
    const text = `[${plan(MCOEV, "Enabled")}, ${plan(MCOSTANDARD, "Enabled")}, ${plan(MCOEV, "Deleted")}, {"odd":1}]`;
    expect(parseAssignedPlans(text, 5).map(({ planId, status }) => [planId, status])).toEqual([
      [MCOEV, "Deleted"],
      [MCOSTANDARD, "Enabled"],
    ]);
  });
});
