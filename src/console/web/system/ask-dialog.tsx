import { useEffect, useRef, useState } from 'preact/hooks';
import { useFormats } from '../format.js';
import { useTextsOf } from '../texts.js';
import { SYSTEM_TEXTS } from './system-texts.js';

interface Props {
  readonly title: string;
  readonly explained: string;
  readonly verb: string;
  /** What is to be done; `tell` shows how far it is. Thrown: an error that says why it was not possible. */
  readonly run: (tell: (progress: { readonly done: number; readonly of: number }) => void) => Promise<string>;
  readonly onDone: (message: string) => void;
  readonly onClose: () => void;
}

/** Asks before something that can't be taken back, or that takes long. */
export function AskDialog({ title, explained, verb, run, onDone, onClose }: Props) {
  const texts = useTextsOf(SYSTEM_TEXTS);
  const { number } = useFormats();
  const dialog = useRef<HTMLDialogElement>(null);
  const [progress, setProgress] = useState<{ readonly done: number; readonly of: number } | null>(null);
  const [failure, setFailure] = useState('');
  useEffect(() => dialog.current?.showModal(), []);
  const start = async () => {
    setFailure('');
    setProgress({ done: 0, of: 0 });
    try {
      onDone(await run(setProgress));
      onClose();
    } catch (error) {
      setProgress(null);
      setFailure(`${texts.failed}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return (
    <dialog ref={dialog} class="ask" onClose={onClose} aria-labelledby="system-ask" data-testid="system-ask">
      <h2 id="system-ask">{title}</h2>
      <p class="muted">{explained}</p>
      <div role="alert">{failure !== '' && <p class="problems">{failure}</p>}</div>
      {progress !== null && (
        <p>
          <progress aria-label={title} {...(progress.of > 0 ? { value: progress.done, max: progress.of } : {})} />
          <small data-testid="system-progress">{progress.of > 0 && texts.progress(number(progress.done), number(progress.of))}</small>
        </p>
      )}
      <div class="ask-end">
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          {texts.cancel}
        </button>
        <button type="button" class="button is-main" aria-disabled={progress !== null} onClick={() => progress === null && void start()} data-testid="system-confirm">
          {verb}
        </button>
      </div>
    </dialog>
  );
}
