import { expect, test } from "vitest";
import { PacketReader } from "./packet-reader.ts";
import { serializePacket, SESSION, type Packet } from "./packet.ts";

function read(chunks: readonly Uint8Array[], limit?: number): Packet[] {
  const reader = new PacketReader(limit);
  const packets: Packet[] = [];
  const take = (): void => {
    for (let packet = reader.next(); packet !== undefined; packet = reader.next()) packets.push(packet);
  };
  for (const chunk of chunks) {
    reader.receive(chunk);
    take();
  }
  reader.end();
  take();
  return packets;
}

const two = Buffer.concat([
  Buffer.from("\ufeff\n"),
  serializePacket({ element: "Data", id: SESSION, stream: "default", bytes: new Uint8Array(100).fill(7) }),
  Buffer.from("\r\n"),
  serializePacket({ element: "DataAck", id: SESSION }),
]);

test("a byte order mark and empty lines are ignored; whole, byte by byte, and without the last line end", () => {
  const whole = read([two]);
  expect(whole.map((p) => p.element)).toEqual(["Data", "DataAck"]);
  expect(read([...two].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
  expect(read([two.subarray(0, -1)])).toEqual(whole);
});

test("packets before a damaged line are still given", () => {
  const reader = new PacketReader();
  reader.receive(Buffer.concat([two, Buffer.from("junk\n")]));
  expect(reader.next()?.element).toBe("Data");
  expect(reader.next()?.element).toBe("DataAck");
  expect(() => reader.next()).toThrow("Error reported: junk.");
});

test("a line over the limit is refused before its end arrives", () => {
  expect(() => read([new Uint8Array(600).fill(65), new Uint8Array(600).fill(65)], 1000)).toThrow(/longer than 1000 bytes/);
});

test("time is linear in the size of a line and the number of its chunks", () => {
  const big = Buffer.from(serializePacket({ element: "Data", id: SESSION, stream: "default", bytes: new Uint8Array(8_000_000) }));
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < big.length; at += 100) chunks.push(big.subarray(at, at + 100));
  const started = performance.now();
  const [packet] = read(chunks);
  expect((packet as { bytes: Uint8Array }).bytes.length).toBe(8_000_000);
  expect(performance.now() - started).toBeLessThan(3000);
});
