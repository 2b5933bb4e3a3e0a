import { describe, expect, test } from "vitest";
import {
  Byte,
  Char,
  DateTime,
  Decimal,
  Double,
  Guid,
  Int16,
  type PsValue,
  SByte,
  ScriptBlock,
  SecureString,
  Single,
  TimeSpan,
  UInt16,
  UInt32,
  UInt64,
  Uri,
  Version,
  XmlDocument,
} from "../objects/index.ts";
import { deserialize } from "./reader.ts";
import { serialize } from "./serialize.ts";
import { HEXADECIMAL } from "./testing.ts";

const OPTIONS = { secureString: HEXADECIMAL, scriptBlocks: true };

/** Each row holds in both directions. */
const BOTH_WAYS: readonly [string, PsValue][] = [
  ["<S>abc</S>", "abc"],
  ["<S></S>", ""],
  ["<S>a&lt;b&gt;&amp;\"c'd</S>", "a<b>&\"c'd"],
  ["<S>_x005F_x000A_</S>", "_x000A_"],
  ["<S>line_x000D__x000A_end</S>", "line\r\nend"],
  ["<S>_xD83D__xDE00_</S>", "\u{1f600}"],
  ["<S>_xDE00__xD83D_</S>", "\ude00\ud83d"],
  ["<S>_x0000__x007F__x0085_</S>", "\0\u007f\u0085"],
  ["<C>97</C>", new Char("a")],
  ["<C>55357</C>", new Char(0xd83d)],
  ["<B>true</B>", true],
  ["<B>false</B>", false],
  ["<By>255</By>", new Byte(255)],
  ["<SB>-128</SB>", new SByte(-128)],
  ["<I16>-32768</I16>", new Int16(-32_768)],
  ["<U16>65535</U16>", new UInt16(65_535)],
  ["<I32>0</I32>", 0],
  ["<I32>-2147483648</I32>", -2_147_483_648],
  ["<I32>2147483647</I32>", 2_147_483_647],
  ["<U32>4294967295</U32>", new UInt32(4_294_967_295)],
  ["<I64>9223372036854775807</I64>", 9_223_372_036_854_775_807n],
  ["<I64>-9223372036854775808</I64>", -9_223_372_036_854_775_808n],
  ["<U64>18446744073709551615</U64>", new UInt64(18_446_744_073_709_551_615n)],
  ["<Db>0.1</Db>", new Double(0.1)],
  ["<Db>1.7976931348623157E+308</Db>", new Double(Number.MAX_VALUE)],
  ["<Db>5E-324</Db>", new Double(Number.MIN_VALUE)],
  ["<Db>10000000000000000</Db>", new Double(1e16)],
  ["<Db>1E+17</Db>", new Double(1e17)],
  ["<Db>0.0001</Db>", new Double(1e-4)],
  ["<Db>1E-05</Db>", new Double(1e-5)],
  ["<Db>-0</Db>", new Double(-0)],
  ["<Db>INF</Db>", new Double(Number.POSITIVE_INFINITY)],
  ["<Db>-INF</Db>", new Double(Number.NEGATIVE_INFINITY)],
  ["<Db>NaN</Db>", new Double(Number.NaN)],
  ["<Sg>0.1</Sg>", new Single(0.1)],
  ["<Sg>3.4028235E+38</Sg>", new Single(3.402_823_466_385_288_6e38)],
  ["<Sg>16777216</Sg>", new Single(16_777_217)],
  ["<Sg>1E+10</Sg>", new Single(1e10)],
  ["<Sg>-0</Sg>", new Single(-0)],
  ["<D>1.10</D>", new Decimal("1.10")],
  ["<D>-79228162514264337593543950335</D>", new Decimal("-79228162514264337593543950335")],
  ["<D>0.0000000000000000000000000001</D>", new Decimal("0.0000000000000000000000000001")],
  ["<DT>2020-02-29T12:34:56Z</DT>", new DateTime(637_185_764_960_000_000n, "Utc")],
  ["<DT>2020-02-29T12:34:56.1234567</DT>", new DateTime(637_185_764_961_234_567n, "Unspecified")],
  ["<DT>2020-02-29T12:34:56-08:00</DT>", new DateTime(637_185_764_960_000_000n, "Local", -480)],
  ["<DT>2020-02-29T12:34:56.1+05:30</DT>", new DateTime(637_185_764_961_000_000n, "Local", 330)],
  ["<DT>0001-01-01T00:00:00</DT>", new DateTime(0n, "Unspecified")],
  ["<DT>9999-12-31T23:59:59.9999999Z</DT>", new DateTime(3_155_378_975_999_999_999n, "Utc")],
  ["<TS>PT0S</TS>", new TimeSpan(0n)],
  ["<TS>P1DT2H3M4.5S</TS>", new TimeSpan(937_845_000_000n)],
  ["<TS>-PT0.0000001S</TS>", new TimeSpan(-1n)],
  ["<TS>P10675199DT2H48M5.4775807S</TS>", new TimeSpan(9_223_372_036_854_775_807n)],
  ["<TS>-P10675199DT2H48M5.4775808S</TS>", new TimeSpan(-9_223_372_036_854_775_808n)],
  ["<G>6f9619ff-8b86-d011-b42d-00c04fc964ff</G>", new Guid("6f9619ff-8b86-d011-b42d-00c04fc964ff")],
  ["<URI>http://example.com/a b?q=1&amp;r=&lt;x&gt;#frag</URI>", new Uri("http://example.com/a b?q=1&r=<x>#frag")],
  ["<Version>10.0.19041.1</Version>", new Version("10.0.19041.1")],
  ["<BA>AAEC/w==</BA>", Uint8Array.of(0, 1, 2, 255)],
  ["<BA />", new Uint8Array(0)],
  ["<SBK>a_x000A_b</SBK>", new ScriptBlock("a\nb")],
  ['<XD>&lt;a b="1"&gt;x &amp;amp; y&lt;/a&gt;</XD>', new XmlDocument('<a b="1">x &amp; y</a>')],
  ["<Nil />", null],
];

describe("scalars, [MS-PSRP] 2.2.5.1", () => {
  test.each(BOTH_WAYS)("%s is read and written", (xml, value) => {
    expect(deserialize(xml, OPTIONS)).toStrictEqual(value);
    expect(serialize(value, OPTIONS)).toBe(xml);
  });

  test("whole JavaScript numbers travel as the smallest of Int32, Int64; others as Double", () => {
    expect([1, -1, 2 ** 31, 2 ** 53, 0.5, -0].map((value) => serialize(value))).toEqual([
      "<I32>1</I32>",
      "<I32>-1</I32>",
      "<I64>2147483648</I64>",
      "<Db>9007199254740992</Db>",
      "<Db>0.5</Db>",
      "<Db>-0</Db>",
    ]);
  });

  test("a SecureString goes through the codec as UTF-16LE, 2.2.5.1.24", () => {
    expect(serialize(new SecureString("pÄ"), OPTIONS)).toBe("<SS>7000c400</SS>");
    expect((deserialize("<SS>7000c400</SS>", OPTIONS) as SecureString).reveal()).toBe("pÄ");
    expect(() => deserialize("<SS>7000</SS>")).toThrow(expect.objectContaining({ code: "clixml-secure-string" }));
    expect(() => serialize(new SecureString("x"))).toThrow(expect.objectContaining({ code: "clixml-secure-string" }));
    expect(() => deserialize("<SS>zz</SS>", OPTIONS)).toThrow(expect.objectContaining({ code: "clixml-content" }));
  });

  test.each([
    ["<I32> 5 </I32>", 5],
    ["<I32>+5</I32>", 5],
    ["<I32>007</I32>", 7],
    ["<B>1</B>", true],
    ["<Db>Infinity</Db>", new Double(Number.POSITIVE_INFINITY)],
    ["<Db>1e400</Db>", new Double(Number.POSITIVE_INFINITY)],
    ["<D>00001.50</D>", new Decimal("1.50")],
    ["<D>79228162514264337593543950335.4</D>", new Decimal("79228162514264337593543950335")],
    ["<D>0.000000000000000000000000000050001</D>", new Decimal("0.0000000000000000000000000001")],
    ["<D>0.00000000000000000000000000005</D>", new Decimal("0.0000000000000000000000000000")],
    ["<DT>2020-02-29</DT>", new DateTime(637_185_312_000_000_000n, "Unspecified")],
    ["<DT>2020-02-29T01:02:03.12345675Z</DT>", new DateTime(637_185_349_231_234_568n, "Utc")],
    ["<TS>P1Y2M</TS>", new TimeSpan(425n * 864_000_000_000n)],
    ["<TS>PT0.12345678S</TS>", new TimeSpan(1_234_567n)],
    ["<G>{6F9619FF-8B86-D011-B42D-00C04FC964FF}</G>", new Guid("6f9619ff-8b86-d011-b42d-00c04fc964ff")],
    ["<G>6f9619ff8b86d011b42d00c04fc964ff</G>", new Guid("6f9619ff-8b86-d011-b42d-00c04fc964ff")],
    ["<BA>A Q I =</BA>", Uint8Array.of(1, 2)],
    ["<S>a\r\nb\rc</S>", "a\nb\nc"],
    ["<S>_x00000041__x0001F600_</S>", "A\u{1f600}"],
    ["<S>&#x1F600;&#65;&#xD83D;</S>", "\u{1f600}A\ud83d"],
    ["<S>a<!-- c --><![CDATA[<b>&]]>d<?x y?></S>", "a<b>&d"],
    ["<S N='x' >a</S >", "a"],
    ["<SBK>x</SBK>", "x"],
  ] as const)("%s is read as .NET reads it", (xml, value) => {
    expect(deserialize(xml)).toStrictEqual(value);
  });

  test.each([
    "<I32></I32>",
    "<I32>2147483648</I32>",
    "<I32>1.0</I32>",
    "<I32>0x1F</I32>",
    "<By>256</By>",
    "<By>+5</By>",
    "<U64>-0</U64>",
    "<U64>18446744073709551616</U64>",
    "<C>a</C>",
    "<C>65536</C>",
    "<B>True</B>",
    "<B>constructor</B>",
    "<Db>1,5</Db>",
    "<Db>constructor</Db>",
    "<D>79228162514264337593543950336</D>",
    "<D>1e3</D>",
    "<DT>2020-02-30T00:00:00</DT>",
    "<DT>2020-02-29T24:00:00</DT>",
    "<DT>02/29/2020</DT>",
    "<TS>P</TS>",
    "<TS>PT</TS>",
    "<TS>1:00:00</TS>",
    "<TS>P10675200D</TS>",
    "<G>nope</G>",
    "<URI>http://[</URI>",
    "<URI>http://x:99999/</URI>",
    "<Version>1</Version>",
    "<Version>1.2147483648</Version>",
    "<BA>AQ</BA>",
    "<BA>****</BA>",
    "<XD>&lt;a&gt;</XD>",
    "<XD>&lt;!DOCTYPE a&gt;&lt;a/&gt;</XD>",
    "<XD>&lt;a&gt;&amp;nope;&lt;/a&gt;</XD>",
    "<XD>&lt;x:a/&gt;</XD>",
  ])("%s is refused", (xml) => {
    expect(() => deserialize(xml)).toThrow(expect.objectContaining({ code: "clixml-content" }));
  });

  test("what XML cannot hold is refused in writing", () => {
    expect(() => serialize("\ufffe")).toThrow(expect.objectContaining({ code: "clixml-character", fields: { code: "FFFE" } }));
    expect(() => serialize(2n ** 63n)).toThrow(expect.objectContaining({ code: "clixml-unwritable" }));
    expect(() => serialize(undefined as unknown as null)).toThrow(expect.objectContaining({ code: "clixml-unwritable" }));
    expect(() => serialize(new Date() as unknown as null)).toThrow(expect.objectContaining({ code: "clixml-unwritable" }));
  });
});
