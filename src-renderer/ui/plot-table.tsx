import { axisName, type PlotData, placeText, valueText } from './plot-model.ts'

/** More rows than this nobody listens to: the rest is said to be there. */
const MOST_ROWS = 200

/** The figures of a plot for those who can't see it; in a box, because a table is never narrower than its text. */
export function PlotTable({ label, data }: { readonly label: string; readonly data: PlotData }) {
  const rows = data.series.flatMap((series) =>
    series.points
      .filter(({ y }) => y !== null)
      .map((point, place) => ({
        key: `${series.id} ${place}`,
        series: series.name,
        place: placeText(data.x, point),
        value: valueText(data.y, point),
      })),
  )
  const left = rows.length - MOST_ROWS
  return (
    <div className="sr-only">
      <table>
        <caption>
          {label}: the figures{left > 0 ? `; ${left} more are not listed` : ''}
        </caption>
        <thead>
          <tr>
            <th scope="col">{axisName(data.x)}</th>
            <th scope="col">Series</th>
            <th scope="col">{data.y.name}</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST_ROWS).map((row) => (
            <tr key={row.key}>
              <td>{row.place}</td>
              <td>{row.series}</td>
              <td>{row.value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
