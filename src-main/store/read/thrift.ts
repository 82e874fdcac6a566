/**
 * Thrift's compact protocol, as far as Parquet's page headers and footers use it: just enough to read files of our own.
 * Numbers up to 2^53 come as they are; text and binary as bytes.
 */
export type ThriftValue = number | boolean | Uint8Array | readonly ThriftValue[] | ThriftStruct

/** Fields by their number. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>

const TRUE = 1
const FALSE = 2
const BYTE = 3
const I64 = 6
const DOUBLE = 7
const BINARY = 8
const LIST = 9
const SET = 10
const STRUCT = 12

/** Reads forward through bytes. Everything throws RangeError when they end too soon or hold what is not known here. */
export class ThriftReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  position: number

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = position
  }

  /** @param last the field after which to stop, in the middle of the struct */
  struct(last?: number): ThriftStruct {
    const fields = new Map<number, ThriftValue>()
    let id = 0
    for (;;) {
      const header = this.#byte()
      if (header === 0) return fields
      const step = header >> 4
      id = step === 0 ? this.#zigzag() : id + step
      fields.set(id, this.#value(header & 15))
      if (id === last) return fields
    }
  }

  #value(type: number): ThriftValue {
    if (type === TRUE || type === FALSE) return type === TRUE
    if (type === BYTE) return this.#byte()
    if (type > BYTE && type <= I64) return this.#zigzag()
    if (type === DOUBLE) return this.#view.getFloat64(this.#skip(8), true)
    if (type === BINARY) {
      const length = this.#varint()
      const start = this.#skip(length)
      return this.#bytes.subarray(start, start + length)
    }
    if (type === LIST || type === SET) return this.#list()
    if (type === STRUCT) return this.struct()
    throw new RangeError(`unknown type ${type}`)
  }

  #list(): readonly ThriftValue[] {
    const header = this.#byte()
    const short = header >> 4
    const size = short === 15 ? this.#varint() : short
    const items: ThriftValue[] = []
    for (let item = 0; item < size; item++) items.push(this.#value(header & 15))
    return items
  }

  #byte(): number {
    return this.#view.getUint8(this.position++)
  }

  #varint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte()
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }

  #zigzag(): number {
    const value = this.#varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** @returns where it stood */
  #skip(length: number): number {
    const start = this.position
    if (start + length > this.#bytes.length) throw new RangeError('the bytes end too soon')
    this.position = start + length
    return start
  }
}
