/** Text between tags and in attributes of XML and HTML that are written by hand here; the service's own pages have `html`. */
export function markupText(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
