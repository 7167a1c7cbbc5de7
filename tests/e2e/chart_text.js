// `faintOrSmall()`: the axis and legend texts of charts that are under 16 px, or under 4.5 to 1 against the page.
{
    const TEXTS = ["xtick", "ytick", "xtitle", "ytitle", "legendtext", "cbaxis", "cbtitle", "angularaxistick"]
        .flatMap((name) => [`.js-plotly-plot .${name} text`, `.js-plotly-plot text.${name}`])
        .join();
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

    /** A CSS colour, painted over an opaque one, as three numbers from 0 to 255. */
    const paint = (colour, ground) => {
        for (canvas.fillStyle of [`rgb(${ground})`, colour]) canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };

    const WEIGHTS = [0.2126, 0.7152, 0.0722];
    const luminance = (colour) =>
        colour
            .map((part) => part / 255)
            .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
            .reduce((sum, part, place) => sum + WEIGHTS[place] * part, 0);

    /** The contrast of two colours as WCAG defines it. */
    const contrast = (one, other) => {
        const [a, b] = [luminance(one) + 0.05, luminance(other) + 0.05];
        return Math.max(a / b, b / a);
    };

    window.faintOrSmall = () => {
        const page = getComputedStyle(document.querySelector('[data-testid="stApp"]')).backgroundColor;
        const ground = paint(page, [255, 255, 255]);
        return [...document.querySelectorAll(TEXTS)]
            .filter((text) => text.checkVisibility())
            .map((text) => ({ text, style: getComputedStyle(text) }))
            .map(({ text, style }) => [text.textContent, parseFloat(style.fontSize), contrast(paint(style.fill, ground), ground)])
            .filter(([, size, ratio]) => size < 16 || ratio < 4.5);
    };
}
