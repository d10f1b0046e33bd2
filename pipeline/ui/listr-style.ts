import {
  type DefaultRenderer,
  figures,
  ListrDefaultRendererLogLevels as Level,
  type ListrBaseClassOptions,
  ListrLogger,
  ProcessOutput,
} from 'listr2';
import { paint, wantsColour } from './colour.js';
import type { ViewOutput } from './output.js';

/** Options of every listr2 that we make: our output, our colours, no part in deciding anything. */
export function listrOptions({
  stdout,
  env,
}: ViewOutput): ListrBaseClassOptions<unknown, typeof DefaultRenderer> {
  const { red, green, yellow, cyan, dim } = paint(wantsColour(stdout, env));
  return {
    concurrent: true,
    exitOnError: false,
    // Signals are the engine's business: it ends workers first and then closes its views.
    registerSignalListeners: false,
    fallbackRendererCondition: false,
    rendererOptions: {
      formatOutput: 'truncate',
      collapseErrors: false,
      showErrorMessage: false,
      logger: new ListrLogger({
        useIcons: true,
        toStderr: [],
        processOutput: new ProcessOutput(stdout, process.stderr, { leaveEmptyLine: false }),
      }),
      icon: {
        [Level.PENDING]: figures.pointer,
        [Level.COMPLETED]: figures.tick,
        [Level.COMPLETED_WITH_FAILED_SUBTASKS]: figures.cross,
        [Level.FAILED]: figures.cross,
        [Level.FAILED_WITH_FAILED_SUBTASKS]: figures.cross,
        [Level.SKIPPED_WITH_COLLAPSE]: figures.arrowDown,
        [Level.WAITING]: figures.squareSmallFilled,
      },
      color: {
        [Level.PENDING]: cyan,
        [Level.COMPLETED]: green,
        [Level.COMPLETED_WITH_FAILED_SUBTASKS]: red,
        [Level.FAILED]: red,
        [Level.FAILED_WITH_FAILED_SUBTASKS]: red,
        [Level.SKIPPED_WITH_COLLAPSE]: yellow,
        [Level.WAITING]: dim,
      },
    },
  };
}
