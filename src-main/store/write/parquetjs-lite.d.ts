/** The part of parquetjs-lite 0.8.7 that the part writer uses; the package ships no types. */
declare module 'parquetjs-lite' {
  import type { Writable } from 'node:stream'

  interface FieldDefinition {
    type: 'INT64' | 'DOUBLE' | 'UTF8' | 'JSON'
    optional?: boolean
    compression?: 'UNCOMPRESSED' | 'SNAPPY' | 'GZIP'
    statistics?: boolean
  }

  export class ParquetSchema {
    constructor(fields: Record<string, FieldDefinition>)
  }

  export class ParquetWriter {
    static openStream(
      schema: ParquetSchema,
      stream: Writable,
      options: { useDataPageV2?: boolean; pageIndex?: boolean; rowGroupSize?: number },
    ): Promise<ParquetWriter>
    appendRow(row: Record<string, unknown>): Promise<void>
    setMetadata(key: string, value: string): void
    close(): Promise<void>
  }

  const parquet: { ParquetSchema: typeof ParquetSchema; ParquetWriter: typeof ParquetWriter }
  export default parquet
}
