import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** The size of an element in pixels, 0 before it is known, and the height of the window; a hidden one keeps the size that it had. */
export function useSize<T extends HTMLElement>() {
  const ref = useRef<T>(null);
  const [size, setSize] = useState({ width: 0, height: 0, windowHeight: 0 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const update = () =>
      setSize((before) => {
        if (element.hidden) return before;
        const now = { width: Math.floor(element.clientWidth), height: Math.floor(element.clientHeight), windowHeight: window.innerHeight };
        return before.width === now.width && before.height === now.height && before.windowHeight === now.windowHeight ? before : now;
      });
    const observer = new ResizeObserver(update);
    observer.observe(element);
    window.addEventListener('resize', update);
    return () => {
      observer.disconnect();
      window.removeEventListener('resize', update);
    };
  }, []);
  return { ref, ...size };
}
