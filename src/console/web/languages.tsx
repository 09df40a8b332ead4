import { LANGUAGES, useTexts, type Language } from './texts.js';

export function Languages({ onLanguage }: { onLanguage: (language: Language) => void }) {
  const texts = useTexts();
  return (
    <nav aria-label={texts.language} class="languages">
      {LANGUAGES.map((language) => (
        <button key={language} type="button" lang={language} aria-pressed={texts.language === (language === 'es' ? 'Idioma' : 'Language')} onClick={() => onLanguage(language)}>
          {language.toUpperCase()}
        </button>
      ))}
    </nav>
  );
}
