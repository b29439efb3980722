import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isOfSite, isPrivate, patternOf, siteOf } from "@/lib/sites";

test.each([
  ["https://reader.example/a/b?c#d", "https://reader.example"],
  ["http://reader.example:8080/", "http://reader.example"],
  ["https://[2001:db8::1]/", "https://[2001:db8::1]"],
  ["ftp://reader.example/", ""],
  ["xhttps://reader.example/", ""],
  ["httpsx://reader.example/", ""],
  ["file:///a.html", "file://"],
  ["blob:https://reader.example/0f-1", "https://reader.example"],
  ["blob:null/0f-1", ""],
  ["no address", ""],
])("the site of %s is %j", (address, site) => expect(siteOf(address)).toBe(site));

test("what the browser is asked for is the host, whatever the port and the path", () => {
  expect(patternOf("https://cdn.example:444/a/1.png")).toBe("https://cdn.example/*");
  expect(() => patternOf("no address")).toThrow();
});

test.each([
  ["https://reader.example/1.png", "https://reader.example/c", true],
  ["https://reader.example:9/1.png", "https://reader.example/c", true],
  ["http://reader.example/1.png", "https://reader.example/c", false],
  ["https://img.reader.example/1.png", "https://reader.example/c", true],
  ["https://img.reader.example/1.png", "https://www.reader.example/c", true],
  ["https://reader.example/1.png", "https://www.reader.example/c", true],
  ["https://www.reader.example/1.png", "https://reader.example/c", true],
  ["https://evilreader.example/1.png", "https://reader.example/c", false],
  ["https://reader.example/1.png", "https://img.reader.example/c", false],
  ["https://a.reader.example/1.png", "https://b.reader.example/c", false],
  ["https://awww.reader.example/1.png", "https://www.reader.example/c", true],
  ["https://site.wwwx.example/1.png", "https://wwwx.example/c", true],
  ["http://img.localhost/1.png", "http://localhost/c", false], // no dot: all of a machine would be one site
  ["http://1.10.0.0.1/1.png", "http://10.0.0.1/c", false],
  ["http://www.localhost/1.png", "http://www.localhost/c", true],
  ["https://a.example.com/1.png", "https://a.www.example.com/c", false], // www stands first or is a name
])("%s of the document %s: %s", (url, document, isOf) => {
  if (URL.canParse(url)) expect(isOfSite(url, document)).toBe(isOf);
});

test.each(
  [
    "0.0.0.0 10.0.0.1 10.255.255.255 127.0.0.1 127.9.9.9 169.254.1.1 192.168.0.1 172.16.0.1 172.19.0.1 172.20.0.1",
    "172.29.0.1 172.30.0.1 172.31.255.1 100.64.0.1 100.69.0.1 100.70.0.1 100.99.0.1 100.100.0.1 100.119.0.1",
    "100.120.0.1 100.127.0.1 [::] [::1] [fc00::1] [fd12:3456::1] [fe80::1] [fe9a::1] [feab::1] [febf::1] [::ffff:a00:1]",
    "localhost a.localhost localhost. printer.local nas.internal router.home.arpa box.lan router local",
  ].flatMap((line) => line.split(" ")),
)("%s is of the reader's own machine or network", (host) => expect(isPrivate(host)).toBe(true));

test.each(
  [
    "1.0.0.1 9.0.0.1 11.0.0.1 128.0.0.1 169.253.1.1 169.255.1.1 192.167.0.1 192.169.0.1 172.15.0.1 172.32.0.1 100.63.0.1",
    "100.128.0.1 100.129.0.1 110.0.0.1 12.70.0.1 [2001:db8::1] [::2] [fb00::1] [fe00::1] [fec0::1] [::1:1] [1::ffff:1]",
    "reader.example localhost.example local.example lan.example xlocalhost.example mylan.example home.arpa.example",
    "notlocal.xlocal a.homexarpa",
  ].flatMap((line) => line.split(" ")),
)("%s is of the open web", (host) => expect(isPrivate(host)).toBe(false));

test("a host of the document's own site stays so whatever stands before it", () => {
  const label = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), (labels) =>
      isOfSite(`https://${labels.join(".")}.reader.example/1`, "https://reader.example/"),
    ),
  );
});
