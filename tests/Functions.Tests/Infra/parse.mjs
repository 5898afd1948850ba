// Prints the syntax trees of Bicep files as JSON: node parse.mjs <node_modules> <file>...
// A node is [type, field or null, line, text of a leaf or null, children]. Only named nodes are printed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, ...files] = process.argv.slice(2);
const { Parser, Language } = await import(pathToFileURL(join(modules, 'web-tree-sitter', 'tree-sitter.js')).href);
await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(join(modules, 'tree-sitter-bicep', 'tree-sitter-bicep.wasm')));

const node = (n, field) => {
  const children = [];
  for (let i = 0; i < n.childCount; i++) {
    const child = n.child(i);
    if (child.isNamed || child.isError || child.isMissing) {
      children.push(node(child, n.fieldNameForChild(i)));
    }
  }
  const type = n.isMissing ? 'MISSING' : n.type;
  return [type, field ?? null, n.startPosition.row + 1, children.length === 0 ? n.text : null, children];
};

const trees = {};
for (const file of files) {
  trees[file] = node(parser.parse(readFileSync(file, 'utf8')).rootNode, null);
}
process.stdout.write(JSON.stringify(trees));
