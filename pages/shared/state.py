"""Every key of the session and every parameter of the address, by the page that owns it: defined only here.

Streamlit keeps one session for all pages, so two pages that spell a key alike share its value. What pages share on
purpose comes first, then each page's own. A control bound to the address appears there under its key: a `Parameter` is
both. A test checks that no two pages share a key.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

TYPE, YOUR_TEXTS = "Type", "Your texts"  # where a page's texts come from: typed there, or the corpus of all pages


class Key(str):
    """A key of `st.session_state`, which is also that of a control, a chart or a table."""

    __slots__ = ()


class Parameter(Key):
    """A key whose value is in the address under the same name; links contain it, so its meaning never changes."""

    __slots__ = ()


class Work(str):
    """The name of a long computation of a page, by which it is cancelled and resumed."""

    __slots__ = ()


@dataclass(frozen=True)
class Keys:
    """A key for each of several things, such as models: `Embed.BARCODE("wordllama-256")`."""

    prefix: str

    def __call__(self, *parts: object) -> Key:
        """The key of one of them."""
        return Key(self.prefix + "_".join(map(str, parts)))


@dataclass(frozen=True)
class Parameters(Keys):
    """An address parameter for each of several things, such as the fields of a corpus."""

    def __call__(self, *parts: object) -> Parameter:
        """The parameter of one of them."""
        return Parameter(super().__call__(*parts))


@dataclass(frozen=True)
class Works:
    """A long computation for each of several things."""

    prefix: str

    def __call__(self, name: str) -> Work:
        """The name of the computation for one of them."""
        return Work(self.prefix + name)


@dataclass(frozen=True)
class Earlier:
    """The former name and values of a parameter, for old links; the name may still be today's.

    Attributes
    ----------
    name : str
        The former name.
    now : Parameter
    values : mapping of str to str
        The former values that have changed too.
    implied : mapping of str to (Parameter, str)
        What a former value says about another parameter.
    """

    name: str
    now: Parameter
    values: Mapping[str, str] = field(default_factory=dict)
    implied: Mapping[str, tuple[Parameter, str]] = field(default_factory=dict)

    def is_in(self, address: Mapping[str, str]) -> bool:
        """Whether an address has the former name, or a former value where the name is still the same."""
        return self.name in address and (self.name != self.now or address[self.name] in self.values)


class Uploads:
    """The keys of an uploader, whose files stay in the session."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.UPLOADER = Key(f"{owner}_upload")
        self.UPLOADS = Key(f"{owner}_files")
        self.SEEN = Key(f"{owner}_seen")
        self.REMOVE = Key(f"{owner}_remove")


class Files(Uploads):
    """The keys of an uploader of text files, with their columns and passages."""

    def __init__(self, owner: str) -> None:
        super().__init__(owner)
        self.BUILD = Work(f"{owner}_files")
        self.POPOVER = Key(f"{owner}_popover")
        self.TEXT_COLUMN = Key(f"{owner}_text_column")
        self.PREVIEW = Key(f"{owner}_preview")
        self.TEXTS = Keys(f"{owner}_texts_")
        self.METADATA = Keys(f"{owner}_kept_")
        self.TITLE = Keys(f"{owner}_title_")
        self.ID = Keys(f"{owner}_id_")
        self.SPLIT = Parameter(f"{owner}_split")
        self.TOKENS = Parameter(f"{owner}_tokens")
        self.OVERLAP = Parameter(f"{owner}_overlap")


# What pages share


class EveryPage:
    """The picked models with their prompts, device and precision; long work; downloads."""

    MODELS = Parameter("models")
    LOG_IN = Keys("log_in_")
    LOG_OUT = Key("log_out")
    DEVICE = Parameter("device")
    PRECISION = Parameter("precision")
    QUERY_PROMPT = Parameters("query_prompt_")
    DOCUMENT_PROMPT = Parameters("document_prompt_")
    DIMENSIONS = Parameters("dimensions_")
    USE_PROMPTS = Keys("use_prompts_")
    PROVENANCES = Key("sources")
    DRAWN = Key("drawn")
    WANTED_WORK = Key("wanted_work")
    PAGE = Key("page")
    DONE_WORK = Key("done_work")
    CANCELLED = Keys("cancelled_")
    CANCEL = Keys("cancel_")
    RESUME = Keys("go_on_")
    LIVE_CHART = Keys("live_")
    CUT = Keys("cut_")
    TOO_LONG = Parameters("too_long_")
    LONG_TEXT = Keys("long_text_")
    UNKNOWN_MODELS = Key("unknown_models")
    HEAD = Key("head")
    IN_FORCE = Key("in_force")
    LINK = Key("link")
    LINK_IS_NEW = Key("link_is_new")
    DROPPED = Key("dropped")
    STRAY = Key("stray_parameters")
    OWN_TEXTS = Keys("own_texts_of_")
    GUIDE = Key("guide")
    GUIDE_MODELS = Key("guided_to_models")
    GUIDE_TEXTS = Key("guided_to_texts")
    GUIDE_DISMISS = Key("dismiss_guide")
    GUIDE_DISMISSED = Key("guide_dismissed")
    PRESENT = Parameter("present")
    LEAVE = Key("leave_present")
    PRESENTED = Keys("presented_")
    PRESENTED_LISTS = Key("presented")
    ALSO_PRESENTED = Keys("also_presented_")
    PREVIOUS_PAGE = Key("previous_page")
    NEXT_PAGE = Key("next_page")
    RESULT = Key("result")
    ANSWER = Key("answer")
    FOOT = Key("foot")
    CODE = Key("code")
    SAVE = Keys("save_")
    PICTURE_FORMAT = Key("picture_format")


class Corpus:
    """The corpus that all pages work on."""

    SOURCE = Parameter("corpus")
    ASKED = Key("corpus_asked")
    PASTED = Parameter("corpus_pasted")
    COLLECTION = Parameter("collection")
    POINTS = Parameter("points")
    FILES = Files("corpus")
    DELETE = Key("delete_collection")
    DELETING = Key("collection_to_delete")
    KEEP = Key("keep_collection")


class Jobs:
    """Collections that are made and completed, on every page."""

    NEW = Key("new_collection")
    FORM = Key("form_of_collection")
    NAME = Key("name_of_collection")
    KIND = Key("upload_of_collection")
    FILES = Keys("files_of_collection_")
    FILLED = Key("forms_filled")
    TEXT_COLUMN = Key("text_column_of_collection")
    ID_COLUMN = Key("id_column_of_collection")
    PASSAGES = Key("passages_of_collection")
    FAILURE = Key("collection_refused")
    WATCHED = Key("jobs_watched")
    CANCEL = Keys("job_cancel_")
    RESUME = Keys("job_resume_")
    DISMISS = Keys("job_dismiss_")
    COMPLETE = Key("complete_collection")


class Labels:
    """The current labels for the corpus, and marks made by clicking: on Search, Evaluate and Verdict."""

    SOURCE = Parameter("labels")
    SOURCE_OF_CORPUS = Key("labels_kept")
    SHOWN_FOR = Key("labels_of")
    POPOVER = Key("labels_popover")
    QUERIES = Uploads("queries")
    QRELS = Uploads("qrels")
    TOKEN = Parameter("marks")
    FAILURE = Key("marking_failed")


class Measurement:
    """The settings of timings, and the latest run: on Benchmark and Verdict."""

    SAMPLES = Parameter("samples")
    SECONDS = Parameter("seconds")
    LATEST_RUN = Key("latest_run")
    DOLLARS_PER_HOUR = Parameter("dollars_per_hour")


# What belongs to a single page


class Models:
    """The Models page."""

    FILTER = Parameter("filter")
    SHOW = Parameter("show")
    BOARD = Parameter("board")
    USE = Parameter("use")
    OWN_TASKS = Parameter("own_tasks")
    TASK_WEIGHT = Parameters("weight_of_")
    DEMANDS = Key("models_filters")
    MOST_PARAMETERS = Parameter("most_parameters")
    OPEN_WEIGHTS = Parameter("open_weights")
    COMMERCIAL_USE = Parameter("commercial_use")
    FITS = Parameter("fits")
    MOST_DIMENSIONS = Parameter("most_dimensions")
    LEAST_TOKENS = Parameter("least_tokens")
    LANGUAGE = Parameter("language")
    LEAST_ZERO_SHOT = Parameter("least_zero_shot")
    INSTRUCTIONS = Parameter("instructions")
    AGAINST = Parameter("against")
    CARD = Parameter("card")
    CARD_BOX = Key("card_box")
    CARD_CLICKED = Key("card_clicked")
    CARD_TASKS = Key("card_tasks")
    CARD_DOWNLOAD = Key("card_download")
    TABLE = Key("models_table")
    ON_TOP = Key("models_on_top")
    SCORE_AGAINST_SIZE = Key("score_size")
    TASKS = Key("tasks")
    DOWNLOAD = Keys("download_")
    ANOTHER = Key("another_model")
    HUB_ID = Key("another")
    SHOW_TRENDING = Key("show_trending")
    TRENDING_SHOWN = Key("trending_shown")
    TRENDING = Key("trending")
    DOWNLOADING = Key("downloading")
    DOWNLOADED = Keys("downloaded_")
    FETCH = Works("download_of_")


class Explain:
    """The Explain page."""

    SENTENCE = Parameter("sentence")
    MODEL = Parameter("explained")
    OTHERS = (Parameter("other1"), Parameter("other2"))
    TOKENS = Key("token_vectors")
    ALL_TOKENS = Parameter("all_tokens")
    OFFERED = Keys("offered_for_")
    ARROWS = Key("arrows")
    TRACE = Work("trace")
    ANGLES = Work("angles")


class Embed:
    """The Embed page."""

    SOURCE = Parameter("embed_from")
    TYPED = Parameter("embed_texts")
    BARCODE = Keys("barcode_")
    NUMBERS = Keys("numbers_")
    EMBED = Works("embedding_")
    COUNT = Works("counting_")
    EARLIER = (
        Earlier("embed_from", SOURCE, {"File": YOUR_TEXTS}, {"File": (Corpus.SOURCE, "File")}),
        Earlier("embed_split", Corpus.FILES.SPLIT),
        Earlier("embed_tokens", Corpus.FILES.TOKENS),
        Earlier("embed_overlap", Corpus.FILES.OVERLAP),
    )


class Similarity:
    """The Similarity page."""

    SOURCE = Parameter("texts_from")
    TYPED = Parameter("similarity_texts")
    QUERIES = Parameter("similarity_queries")
    HOW_MANY = Parameter("from_corpus")
    WHICH = Parameter("which")
    SEED = Parameter("texts_seed")
    ORDER = Parameter("order")
    SCALE = Parameter("scale")
    HEATMAPS = Parameter("heatmaps")
    DIFFERENCE = Parameter("difference")
    HEATMAP = Keys("heatmap_")
    CELLS = Keys("cells_")
    CLICK = Keys("click_")
    PAIR = Parameter("pair")
    OPENED_PAIR = Key("opened_pair")
    PAIRS_BY = Parameter("pairs_by")
    PAIRS = Key("pairs")
    BACKGROUNDS = Keys("backgrounds_")
    SEND_FOR_BACKGROUND = Keys("background_")
    SENT_FOR_BACKGROUND = Keys("sent_for_background_")
    TOKENS = Keys("tokens_")
    SCORE = Work("similarity")
    MEASURE = Work("background")
    TRACE = Work("tokens")
    EARLIER = (
        Earlier(
            "texts_from",
            SOURCE,
            {"Paste": TYPE, "File": YOUR_TEXTS, "Corpus": YOUR_TEXTS},
            {"File": (Corpus.SOURCE, "File")},
        ),
    )


class Search:
    """The Search page."""

    VIEW = Parameter("view")
    QUERY = Parameter("q")
    EXAMPLE = Key("example")
    RESULTS = Parameter("k")
    FILTERS = Key("filter_popover")
    FILTER = Parameters("where_")
    MARK = Keys("search_mark_")
    MARK_FAILURE = Key("marking_problem")
    MARKS_MADE = Key("marks_made")
    UNDO_MARK = Key("undo_mark")
    SUGGESTED = Key("suggested_queries")
    AGREEMENT = Key("search_agreement")
    LATENCY = Key("latency")
    MODEL = Parameter("under")
    INDEXES = Key("indexes")
    NEAR = Parameter("near")
    NEAR_OPENED = Key("near_opened")
    NEAREST = Key("nearest_cosines")
    GROUPS = Key("groups")
    NEAR_PAIRS = Key("near_pairs")
    LONERS = Key("loners")
    SEARCH = Work("search")
    HIGHLIGHT = Work("highlighting")
    INDEX = Work("indexes")
    COMPARE = Work("duplicates")


class Evaluate:
    """The Evaluate page."""

    VIEW = Parameter("evaluate")
    MEASURE = Parameter("measure")
    RECALL_AT = Parameter("recall_at")
    RANKING = Key("ranking_chart")
    RANKING_BY_INDEX = Key("ranking_by_index")
    MEASURES = Key("measures_table")
    FIRST = Parameter("first")
    SECOND = Parameter("second")
    GAINS = Key("gains")
    WON_AND_LOST = Key("won_and_lost")
    CORRELATION = Parameter("correlation")
    CORRELATIONS = Key("correlations")
    PAIRS = Parameter("pairs_from")
    PAIRS_POPOVER = Key("pairs_popover")
    PAIRS_TYPED = Parameter("pairs_typed")
    PAIRS_FILE = Uploads("pairs")
    SCATTER = Keys("scatter_")
    WORST_OF = Key("worst_of")
    WORST = Key("worst")
    QUERIES = Parameter("queries_from")
    QUERIES_POPOVER = Key("unlabelled_popover")
    QUERIES_PASTED = Parameter("queries_pasted")
    QUERIES_FILE = Uploads("unlabelled")
    AGREEMENT = Key("systems_agreement")
    INFORMATIVE = Key("informative")
    MARK = Keys("mark_")
    MEASURE_MARKS = Key("measure_marks")
    COMPRESSION = Key("compression")
    COMPRESSIONS = Key("compressions")
    RANK = Work("ranking")
    COMPARE = Work("pairs")
    DISAGREE = Work("unlabelled")
    COMPRESS = Work("compression")
    EARLIER = (Earlier("evaluate", VIEW, {"No labels": "Agreement"}), Earlier("view", VIEW))


class Projector:
    """The Projector."""

    SIDE = Key("beside_the_map")
    MODELS = Parameter("map_models")
    METHOD = Parameter("method")
    METHOD_FOR = Key("method_for")
    DIMENSIONS = Parameter("dimensions")
    SETTINGS = Key("settings")
    UMAP_NEIGHBOURS = Parameter("umap_neighbours")
    UMAP_MIN_DIST = Parameter("umap_min_dist")
    UMAP_METRIC = Parameter("umap_metric")
    UMAP_SEED = Parameter("umap_seed")
    PERPLEXITY = Parameter("perplexity")
    LEARNING_RATE = Parameter("learning_rate")
    ITERATIONS = Parameter("iterations")
    TSNE_METRIC = Parameter("tsne_metric")
    TSNE_SEED = Parameter("tsne_seed")
    TSNE_RUNS = Key("tsne")
    TSNE_STOPPED = Key("tsne_stopped")
    COMPONENT = Parameters("component_")
    AXIS_END = Parameters("axis_")
    AXIS_END_ROWS = Keys("rows_of_axis_")
    TAKE_AXIS_END = Keys("take_axis_")
    COLOUR = Parameter("colour")
    NEIGHBOURS = Parameter("neighbours")
    METRIC = Parameter("metric")
    EDGES = Parameter("edges")
    LABELS = Parameter("map_labels")
    HOVER = Parameter("hover")
    SIZE = Parameter("size")
    FIND = Parameter("find")
    FIND_BY = Parameter("find_by")
    FIND_IN = Parameter("find_in")
    MAP = Key("map")
    TAKEN = Keys("taken_of_")
    PARCEL = Keys("parcel_")
    SELECTION = Key("map_selection")
    POINT = Parameter("point")
    SELECTED = Parameter("selected")
    ISOLATED = Parameter("isolated")
    CAMERA = Parameter("camera")
    CAMERA_OF_VIEW = Key("camera_brought")
    CLOSE_POINT = Key("close_point")
    TEXTS = Keys("list_")
    NEIGHBOURS_UNDER = Keys("neighbours_under_")
    AGREEMENT = Key("models_agreement")
    DISAGREED = Key("disagreed")
    VIEW_FILE = Key("view_file")
    VIEW_FAILURE = Key("view_problem")
    OPENED_VIEW = Key("opened_view")
    LAY_OUT = Work("layout")
    SEARCH = Work("finding")
    DISAGREE = Work("disagreement")
    EARLIER = (
        Earlier("space", Corpus.SOURCE, {"Files": "File"}),
        Earlier("k", NEIGHBOURS),
        Earlier("labels", LABELS),
    )


class Benchmark:
    """The Benchmark page."""

    VIEW = Parameter("benchmark")
    OTHERS = Parameter("other_models")
    BARS = Key("bars")
    TIMINGS = Key("timings")
    SWEEP_MODEL = Parameter("sweep_model")
    SWEEP_TEXTS = Parameter("sweep_texts")
    SWEEP_MEASURE = Parameter("sweep_measure")
    SWEEP_TEXT = Parameter("sweep_text")
    SWEEP_TEXT_TIMINGS = Key("own_text_timings")
    SWEEP_HEATMAP = Keys("sweep_heatmap_")
    SWEEP_TABLE = Key("sweep_table")
    SWEEP_TOKENS = Key("sweep_tokens")
    SWEEP_LINES = Key("lines")
    ENGINES_MODEL = Parameter("engines_model")
    ENGINES_BARS = Key("engines_bars")
    ACCURACY = Parameter("accuracy")
    SPEED = Parameter("speed")
    TRADEOFF = Key("tradeoff")
    COSTS = Key("costs")
    LOAD_MODEL = Parameter("load_model")
    LOAD_TEXTS = Parameter("load_texts")
    LOAD_LINES = Key("load_lines")
    LOAD_STEPS = Key("load_steps")
    LOAD_TESTS = Key("load_tests")
    FIRST_RUN = Parameter("first_run")
    SECOND_RUN = Parameter("second_run")
    RUNS = Key("runs_table")
    COMPARED = Key("compared")
    IMPORT = Key("bring_run")
    IMPORT_FILE = Key("run_file")
    IMPORTED = Key("brought_run")
    TIME = Work("benchmark")
    SWEEP = Work("sweep")
    COMPARE_ENGINES = Work("engines")
    LOAD = Work("load")
    TIME_MISSING = Work("weighed")
    MEASURE = Work("weighed_scores")
    EARLIER = (Earlier("view", VIEW), Earlier("measure", SWEEP_MEASURE))


class Verdict:
    """The Verdict."""

    WEIGHT = Parameters("weigh_")
    PRESET = Key("weights_preset")
    PRESETS = Key("weights_presets")
    WIDE = Key("verdict_wide")
    LANES = Key("verdict_lanes")
    TABLE = Key("verdict_table")
    DECIDE = Work("verdict")
    TIME_MISSING = Work("verdict_timing")


PAGES: dict[str, type] = {
    "models": Models,
    "explain": Explain,
    "embed": Embed,
    "similarity": Similarity,
    "search": Search,
    "evaluate": Evaluate,
    "projector": Projector,
    "benchmark": Benchmark,
    "verdict": Verdict,
}
SHARED: tuple[type, ...] = (EveryPage, Corpus, Jobs, Labels, Measurement)


def earlier(page: str) -> tuple[Earlier, ...]:
    """The parameters of a page that old links call by another name."""
    links: tuple[Earlier, ...] = getattr(PAGES[page], "EARLIER", ())
    return links


def is_parameter(name: str, page: str) -> bool:
    """Whether an address of this page may have the parameter."""
    return any(
        name.startswith(value.prefix) if isinstance(value, Parameters) else type(value) is Parameter and name == value
        for owner in (*SHARED, PAGES[page])
        for value in _values(owner)
    )


def _values(owner: object) -> Iterator[object]:
    """All keys of a page or of an uploader, those in tuples and of its uploaders included."""
    for value in vars(owner).values():
        if isinstance(value, Uploads):
            yield from _values(value)
        yield from value if isinstance(value, tuple) else (value,)
