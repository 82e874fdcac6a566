import { parseSync } from 'vite'

/** One module asking for another, however it is written. */
export interface ModuleRequest {
  /** Null where the name is computed, so that nothing can be proved about it. */
  readonly specifier: string | null
  readonly how: 'import' | 'export' | 'dynamic import' | 'import type' | 'import equals' | 'require'
  readonly line: number
}

/** What a source file says that the rules of the house look at. */
export interface ModuleSyntax {
  readonly requests: readonly ModuleRequest[]
  /** Identifiers and property names, each with the lines it stands on. */
  readonly names: ReadonlyMap<string, readonly number[]>
  /** Text of string, template and regular expression literals; import specifiers are not among them. */
  readonly texts: readonly { readonly text: string; readonly line: number }[]
}

interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

/** Reads a module with the bundler's own parser. @throws when it doesn't parse: a file that can't be read proves nothing. */
export function readModule(file: string, source: string): ModuleSyntax {
  const { program, errors } = parseSync(file, source)
  if (errors.length > 0) throw new Error(`${file}: ${errors.map(({ message }) => message).join('; ')}`)
  const requests: ModuleRequest[] = []
  const names = new Map<string, number[]>()
  const texts: { text: string; line: number }[] = []
  const lineOf = (node: SyntaxNode) => source.slice(0, node.start).split('\n').length
  const request = (how: ModuleRequest['how'], node: SyntaxNode, name: unknown) => {
    requests.push({ how, specifier: textOf(name), line: lineOf(node) })
  }

  const visit = (node: SyntaxNode) => {
    let asked: unknown = null
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
      case 'ExportNamedDeclaration':
        asked = node.source
        if (isNode(asked)) request(node.type === 'ImportDeclaration' ? 'import' : 'export', node, asked)
        break
      case 'ImportExpression':
        asked = node.source
        request('dynamic import', node, asked)
        break
      case 'TSImportType':
        asked = node.source ?? node.argument
        request('import type', node, asked)
        break
      case 'TSImportEqualsDeclaration': {
        const reference = node.moduleReference
        if (isNode(reference) && reference.type === 'TSExternalModuleReference') {
          asked = reference.expression
          request('import equals', node, asked)
        }
        break
      }
      case 'CallExpression':
        if (isNode(node.callee) && nameOf(node.callee) === 'require' && Array.isArray(node.arguments)) {
          asked = node.arguments[0]
          request('require', node, asked)
        }
        break
      case 'Identifier':
        add(names, String(node.name), lineOf(node))
        break
      case 'Literal':
        if (typeof node.value === 'string') texts.push({ text: node.value, line: lineOf(node) })
        else if (isRegex(node.regex)) texts.push({ text: node.regex.pattern, line: lineOf(node) })
        break
      case 'MemberExpression':
        // `window['barkeep']` means the same as `window.barkeep`.
        if (node.computed === true && textOf(node.property) !== null) {
          add(names, String(textOf(node.property)), lineOf(node))
        }
        break
      case 'TemplateElement':
        texts.push({ text: cookedOf(node.value), line: lineOf(node) })
        break
    }
    for (const child of Object.values(node)) {
      for (const one of Array.isArray(child) ? child : [child]) if (isNode(one) && one !== asked) visit(one)
    }
  }
  visit(program as unknown as SyntaxNode)
  return { requests, names, texts }
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

function isRegex(value: unknown): value is { readonly pattern: string } {
  return (
    typeof value === 'object' && value !== null && 'pattern' in value && typeof value.pattern === 'string'
  )
}

/** The text of a literal, or of a template without holes; null for anything that is computed. */
function textOf(node: unknown): string | null {
  if (!isNode(node)) return null
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node.type === 'TSLiteralType') return textOf(node.literal)
  if (node.type === 'TemplateLiteral' && Array.isArray(node.quasis) && node.quasis.length === 1) {
    const [only] = node.quasis
    return isNode(only) ? cookedOf(only.value) : null
  }
  return null
}

/** `require`, `module.require` and `import.meta.require` alike. */
function nameOf(callee: SyntaxNode): string | null {
  if (callee.type === 'Identifier') return String(callee.name)
  return callee.type === 'MemberExpression' && isNode(callee.property) ? nameOf(callee.property) : null
}

function cookedOf(value: unknown): string {
  const cooked = typeof value === 'object' && value !== null && 'cooked' in value ? value.cooked : null
  return typeof cooked === 'string' ? cooked : ''
}

function add(names: Map<string, number[]>, name: string, line: number): void {
  const lines = names.get(name)
  if (lines === undefined) names.set(name, [line])
  else lines.push(line)
}
