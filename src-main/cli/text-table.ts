export interface TextColumn<Row> {
  readonly name: string
  readonly value: (row: Row) => string
  /** Numbers stand right, so that their digits line up. */
  readonly right?: boolean
}

/** Rows as text in columns, with their heads; an empty string for no rows. */
export function textTable<Row>(columns: readonly TextColumn<Row>[], rows: readonly Row[]): string {
  if (rows.length === 0) return ''
  const cells = [
    columns.map(({ name }) => name),
    ...rows.map((row) => columns.map(({ value }) => value(row))),
  ]
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)))
  return cells
    .map((line) =>
      line
        .map((cell, at) =>
          columns[at]?.right === true ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}

/** `4,107`: whole numbers as a person reads them, whatever the machine's language. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

/** `1 day`, `2 days`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`
}
