// Copyright: (c) 2026, oceanbase.ops contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// node check.mjs FOLDER: reads each diagram of the folder with Mermaid's own parser, names those that it refuses or
// reads otherwise: each step and each edge must be there. A diagram that is none must be refused, else nothing was tried.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { JSDOM } from "jsdom";

const page = new JSDOM("<!doctype html><body></body>");
globalThis.window = page.window;
globalThis.document = page.window.document;
const { default: mermaid } = await import("mermaid");
mermaid.initialize({ startOnLoad: false });

const counted = (source, pattern) => source.split("\n").filter((line) => pattern.test(line)).length;

async function problem(source) {
  try {
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(source);
    if (source.startsWith("gantt")) {
      const [read, written] = [db.getTasks().length, counted(source, / :.*\bn\d+, /)];
      return read === written ? "" : `${read} of ${written} steps read`;
    }
    const [nodes, edges] = [db.getVertices().size, db.getEdges().length];
    const [written, arrows] = [counted(source, /^ +n\d+\[/), counted(source, / --> /)];
    return nodes === written && edges === arrows ? "" : `${nodes} of ${written} steps, ${edges} of ${arrows} edges read`;
  } catch (error) {
    return String(error.message || error);
  }
}

const folder = process.argv[2];
const names = readdirSync(folder).filter((name) => name.endsWith(".mmd"));
let failed = 0;
for (const name of names) {
  const found = await problem(readFileSync(join(folder, name), "utf8"));
  if (found) {
    failed += 1;
    console.error(`${name}: ${found}`);
  }
}
for (const source of ["flowchart TD\n  n1[\"a\"b\"]", "gantt\n  dateFormat x\n  a b c"]) {
  if (!(await problem(source))) {
    failed += 1;
    console.error(`not refused: ${source}`);
  }
}
console.log(`${names.length} diagrams read, ${failed} problems`);
process.exit(failed || !names.length ? 1 : 0);
