/**
 * Get-ADSyncCSObject: an object as synchronisation knows it; Get-TielineSyncError: those that the tenant refused. The first has the
 * vendor's name and -Identifier (from memory of public documentation; not verified), everything else is OURS.
 */
import { enumType, textOf, type Cmdlet } from "@tieline/language";
import { Guid } from "@tieline/remoting/objects";
import { rolesFor } from "../../directory/index.ts";
import type { SyncObject, SyncObjectQuery } from "../../migration/synchronisation/index.ts";
import { refuse } from "../refusals.ts";
import { cmdlet } from "../session.ts";
import { moment, OBJECT_TYPE, shown, synchronisationOf } from "./synchronisation.ts";

const ERROR_TYPE = "Tieline.SyncError";
const PENDING = enumType("Tieline.PendingExport", ["Add", "Update", "Delete"]);

function errorShown({ anchor, name, error }: SyncObject) {
  return shown(ERROR_TYPE, name, {
    UserPrincipalName: name,
    ObjectId: new Guid(anchor),
    ErrorCode: error?.code ?? null,
    AttributeName: error?.attribute ?? null,
    ConflictingObject: error?.other ?? null,
    ErrorText: error?.text ?? null,
    DateOccurred: moment(error?.atMs ?? null),
    RunHistoryId: error === null ? null : new Guid(error.runId),
  });
}

export const getAdSyncCsObject: Cmdlet = cmdlet({
  name: "Get-ADSyncCSObject",
  synopsis: "Shows objects as the synchronisation knows them.",
  description:
    "Shows objects of the connector space of the deployment: what is to be exported of each, when the tenant acknowledged it last, and the error that the last export met.",
  examples: [
    { code: "Get-ADSyncCSObject -UserPrincipalName kenmyer@contoso.com | Format-List", remarks: "Shows one object." },
    { code: "Get-ADSyncCSObject -PendingExport Delete", remarks: "Shows what the next export will delete." },
  ],
  related: ["Get-TielineSyncError", "Start-ADSyncSyncCycle"],
  roles: rolesFor("Get-ADSyncCSObject", "pool"),
  output: [
    {
      typeName: OBJECT_TYPE,
      view: {
        kind: "table",
        columns: ["UserPrincipalName", "PendingExport", "LastExported", "ErrorCode"].map((property) => ({ property })),
      },
    },
  ],
  parameters: {
    Identifier: {
      type: "guid",
      position: 0,
      fromPipelineByPropertyName: true,
      aliases: ["ObjectId"],
      help: "The object's id in the deployment.",
    },
    UserPrincipalName: { type: "string", help: "The object's user principal name at the last import." },
    PendingExport: { type: PENDING, help: "Shows only objects of which this is to be exported." },
  },
  async process(args, context) {
    const wanted: SyncObjectQuery = {
      ...(args.Identifier instanceof Guid ? { anchor: args.Identifier.toString().toLowerCase() } : {}),
      ...(typeof args.UserPrincipalName === "string" ? { name: args.UserPrincipalName } : {}),
      ...(args.PendingExport === undefined || args.PendingExport === null
        ? {}
        : { pending: textOf(args.PendingExport).toLowerCase() as "add" | "update" | "delete" }),
    };
    let found = 0;
    for await (const object of synchronisationOf(context).objects(wanted)) {
      found += 1;
      await context.write(
        shown(OBJECT_TYPE, object.name, {
          ObjectId: new Guid(object.anchor),
          UserPrincipalName: object.name,
          ConnectorName: synchronisationOf(context).source,
          IsDeleted: object.isGone,
          PendingExport: object.pending === null ? null : PENDING_WORDS[object.pending],
          LastExported: moment(object.exportedMs),
          ErrorCode: object.error?.code ?? null,
          ErrorText: object.error?.text ?? null,
        }),
      );
    }
    const named = wanted.anchor ?? wanted.name;
    if (found === 0 && named !== undefined) context.writeError(refuse("sync-no-object", { object: named }, named));
  },
});

const PENDING_WORDS = { add: "Add", update: "Update", delete: "Delete" } as const;

export const getTielineSyncError: Cmdlet = cmdlet({
  name: "Get-TielineSyncError",
  synopsis: "Shows objects that the tenant refused, and why.",
  description:
    "Shows the error of each object whose last export failed: AttributeValueMustBeUnique and InvalidSoftMatch with the other object, DataValidationFailed and LargeObject with the attribute, ObjectTypeMismatch, HomingConflict. Each run tries again; what succeeds is no longer shown.",
  examples: [
    { code: "Get-TielineSyncError", remarks: "Shows all of them." },
    {
      code: "Get-TielineSyncError -ErrorCode AttributeValueMustBeUnique | Select-Object UserPrincipalName, AttributeName, ConflictingObject",
      remarks: "Shows who has an address that somebody else has, too.",
    },
  ],
  related: ["Get-ADSyncCSObject", "Get-ADSyncRunStepResult"],
  roles: rolesFor("Get-TielineSyncError", "pool"),
  output: [
    {
      typeName: ERROR_TYPE,
      view: {
        kind: "table",
        columns: ["UserPrincipalName", "ErrorCode", "AttributeName", "ConflictingObject", "ErrorText"].map((property) => ({ property })),
      },
    },
  ],
  parameters: { ErrorCode: { type: "string", position: 0, help: "Shows errors of this kind only." } },
  async process(args, context) {
    const code = args.ErrorCode;
    const wanted: SyncObjectQuery = { hasError: true, ...(typeof code === "string" && code !== "" ? { code } : {}) };
    for await (const object of synchronisationOf(context).objects(wanted)) await context.write(errorShown(object));
  },
});
