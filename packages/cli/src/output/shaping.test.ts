import { expect, test } from "vitest";
import { structureOrThrow } from "@tieline/language";
import { shaped } from "./shaping.ts";

const of = (text: string) => {
  const { statements, shaping } = shaped(structureOrThrow(text));
  return { left: statements[0]?.map((command) => command.text), ...(shaping === undefined ? {} : { shaping }) };
};

test.each([
  ["Get-CsTenant|ft identity", ["Get-CsTenant"], { format: "table", columns: ["identity"] }],
  [
    "Get-CsUser | Format-Table DisplayName, SipAddress -AutoSize",
    ["Get-CsUser"],
    { format: "table", columns: ["DisplayName", "SipAddress"] },
  ],
  ["Get-CsUser | sort DisplayName | fl", ["Get-CsUser", "sort"], { format: "list" }],
  ["Get-CsUser | fl *", ["Get-CsUser"], { format: "list" }],
  ["Get-CsUser | Format-List -Property Name", ["Get-CsUser"], { format: "list", columns: ["Name"] }],
  ["Get-CsUser | ConvertTo-Json -Depth 3", ["Get-CsUser"], { format: "json" }],
  ["Get-CsUser | ConvertTo-Csv -NoTypeInformation", ["Get-CsUser"], { format: "csv" }],
  ["Get-CsUser | ft Name | Out-Host", ["Get-CsUser"], { format: "table", columns: ["Name"] }],
])("%s is printed here and not sent", (text, left, shaping) => {
  expect(of(text)).toEqual({ left, shaping });
});

test("what is not for the screen travels whole", () => {
  expect(of("Get-CsUser | Select-Object Name")).toEqual({ left: ["Get-CsUser", "Select-Object"] });
  expect(of("ft").left).toEqual(["ft"]);
});

test("what cannot be heeded is refused by name", () => {
  expect(() => of("Get-CsUser | ft -GroupBy Name")).toThrow(/-GroupBy/);
});
