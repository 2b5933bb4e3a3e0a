/** The mails of batches that are due: recorded with the move, handed over after it, and looked for again where that failed. */
import { Directory, type TenantId, type UserRecord } from "../../directory/index.ts";
import type { Queries } from "../../store/index.ts";
import type { Batch, BatchId } from "./batch.ts";
import { BatchRows } from "./batch-rows.ts";
import { fillMail, type Mailer } from "./mail.ts";
import { recordsOf } from "./plan.ts";

interface BatchMailsOptions {
  db: Queries;
  tenant: TenantId;
  mailer: Mailer | undefined;
  nowMs: () => number;
}

/** Mails a round. */
const DUE = 100;
const SENT = 2;

export class BatchMails {
  readonly #options: BatchMailsOptions;
  constructor(options: BatchMailsOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#options.mailer !== undefined;
  }

  /** Hands one over and records that. */
  async send(batch: Batch, user: { sequence: number }, record: UserRecord): Promise<void> {
    const { db, tenant, mailer, nowMs } = this.#options;
    if (mailer === undefined || batch.mailTemplate === null) return;
    const sipAddress = (record.sipAddress ?? "").replace(/^sip:/i, "");
    const { subject, text } = fillMail(batch.mailTemplate, {
      DisplayName: record.displayName,
      SipAddress: sipAddress,
      Target: batch.target,
      Date: new Date(nowMs()).toISOString().slice(0, 10),
    });
    const address = record.properties["WindowsEmailAddress"];
    await mailer.send({
      key: `${batch.batchId}-${user.sequence}`,
      to: typeof address === "string" && address !== "" ? address : record.userPrincipalName,
      subject,
      text,
    });
    await db
      .updateTable("move_batch_users")
      .set({ mail: SENT })
      .where("tenant_id", "=", tenant)
      .where("batch_id", "=", batch.batchId)
      .where("sequence", "=", user.sequence)
      .execute();
  }

  /** Some of those that are due; how many. */
  async sendDue(): Promise<number> {
    const { db, tenant } = this.#options;
    if (!this.isOn) return 0;
    const due = await db
      .selectFrom("move_batch_users")
      .select(["batch_id", "sequence", "object_id"])
      .where("tenant_id", "=", tenant)
      .where("mail", "=", 1)
      .limit(DUE)
      .execute();
    const batches = new Map<string, Batch>();
    const users = due.map((row) => ({ ...row, objectId: row.object_id as UserRecord["objectId"] }));
    const records = await recordsOf({ directory: new Directory(db), tenant }, users);
    for (const user of users) {
      const batch = batches.get(user.batch_id) ?? (await new BatchRows(db, tenant).find(user.batch_id as BatchId));
      batches.set(user.batch_id, batch);
      const record = records.get(user.objectId);
      if (record !== undefined) await this.send(batch, user, record);
    }
    return due.length;
  }
}
