import type { ChartColours } from './chart-colours.ts'
import {
  type HeaderItem,
  type HeaderRow,
  layOutHeader,
  type PlacedHeader,
  SWATCH_WIDTH,
} from './picture-header.ts'

/** The chart as it stands: its canvas in device pixels, and how many of them a CSS pixel has. */
export interface DrawnChart {
  readonly canvas: HTMLCanvasElement
  readonly ratio: number
  readonly colours: ChartColours
}

/** Puts the lines of the header over a drawn chart, in its colours. */
export function composePicture(
  { canvas: chart, ratio, colours }: DrawnChart,
  rows: readonly HeaderRow[],
): HTMLCanvasElement {
  const picture = document.createElement('canvas')
  const context = picture.getContext('2d')
  if (context === null) throw new Error('the browser gave no canvas to draw the picture on')
  const header = layOutHeader(rows, chart.width / ratio, (text, style) => {
    context.font = fontOf(style, 1, colours)
    return context.measureText(text).width
  })
  const height = Math.round(header.height * ratio)
  // Setting the size clears what was set before.
  picture.width = chart.width
  picture.height = chart.height + height
  context.fillStyle = colours.panel
  context.fillRect(0, 0, picture.width, height)
  const line = Math.max(1, Math.round(ratio))
  context.fillStyle = colours.line
  context.fillRect(0, height - line, picture.width, line)
  paintHeader(context, header, colours, ratio)
  context.drawImage(chart, 0, height)
  return picture
}

function paintHeader(
  context: CanvasRenderingContext2D,
  { items }: PlacedHeader,
  colours: ChartColours,
  ratio: number,
): void {
  context.textBaseline = 'middle'
  for (const { item, text, x, y } of items) {
    let left = x
    if (item.swatch !== undefined) {
      context.fillStyle = item.swatch
      context.fillRect(left * ratio, Math.round((y - 1) * ratio), (SWATCH_WIDTH - 6) * ratio, 2 * ratio)
      left += SWATCH_WIDTH
    }
    context.font = fontOf(item.style, ratio, colours)
    context.fillStyle = item.style === 'muted' ? colours.muted : colours.text
    context.fillText(text, left * ratio, y * ratio)
  }
}

function fontOf(style: HeaderItem['style'], ratio: number, { font }: ChartColours): string {
  if (style === 'title') return `600 ${15 * ratio}px ${font}`
  if (style === 'level') return `500 ${14 * ratio}px ${font}`
  return `400 ${12 * ratio}px ${font}`
}

/** The picture as a PNG in base64. */
export async function pngOf(picture: HTMLCanvasElement): Promise<string> {
  const blob = await new Promise<Blob | null>((resolve) => {
    picture.toBlob(resolve, 'image/png')
  })
  if (blob === null) throw new Error('the browser could not make a PNG of the picture')
  return await new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result).replace(/^data:[^,]*,/, ''))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(blob)
  })
}
