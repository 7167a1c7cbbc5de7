"""Inputs from public reports of people whose figures were wrong, with what is right: for commands and pages alike."""

from dataclasses import dataclass

File = tuple[str, bytes]

LABEL = b"query-id\tcorpus-id\tscore\nq1\td1\t1\n"
RATES = ("q.csv", b"_id,text\nq1,bank rates\n")
DOCUMENTS = ("c.csv", b"_id,text\nd1,bank rates went up\nd2,a cat sleeps\n")
ANSWER = ("r.tsv", LABEL)
QUOTES = b"""_id\ttext
d1\tplain one
d2\t"Tis the season to be jolly
d3\tthe third text
d4\tthe fourth text
d5\t"Twas the night before
d6\tthe sixth text
"""
ZOOS = b'{"_id":"a1","text":"Zoos protect endangered animals from extinction."}\n'
COPIES = b"_id,text\nd1,bank rates went up\nd9,bank rates went up\nd2,a cat sleeps\n"


@dataclass(frozen=True)
class Labelled:
    """A corpus with queries and labels.

    Attributes
    ----------
    ndcg : float or None
        nDCG@10 of BM25; None if the files are refused.
    said : str
        Part of the refusal, or of what is said beside the figure.
    """

    corpus: File
    queries: File
    qrels: File
    ndcg: float | None
    said: str = ""


LABELLED = {
    "cells of a TSV that begin with a quotation mark": Labelled(
        ("c.tsv", QUOTES), ("q.csv", b"_id,text\nq1,third\n"), ("r.tsv", LABEL.replace(b"d1", b"d3")), 1
    ),
    "a title without a text": Labelled(
        ("c.jsonl", b'{"_id":"d1","title":"Bank rates rise","text":""}\n{"_id":"d2","title":"","text":"A cat."}\n'),
        RATES, ANSWER, 1,
    ),
    "an id that stands twice": Labelled(
        ("c.csv", COPIES.replace(b"d9", b"d1")), RATES, ANSWER, 1,
        "rows with the id and text of an earlier row, merged with it",
    ),
    "a corpus whose id column has another name": Labelled(
        (DOCUMENTS[0], DOCUMENTS[1].replace(b"_id", b"docid")), RATES, ANSWER, None,
        "r.tsv labels no document of c.csv: its document ids are d1, the documents' are 1 and 2.",
    ),
    "a labelled query without a text": Labelled(
        DOCUMENTS, RATES, ("r.tsv", LABEL + b"q2\td2\t1\n"), 1, "labelled queries without a text"
    ),
    "a fraction as a grade": Labelled(
        DOCUMENTS, RATES,
        ("r.jsonl", b'{"query-id":"q1","corpus-id":"d1","score":0.9}\n'),
        None, "r.jsonl has the grade 0.9 in line 1, but grades are whole numbers",
    ),
    "a whole grade with a decimal point": Labelled(
        DOCUMENTS, RATES, ("r.csv", b"query-id,corpus-id,score\nq1,d1,1.0\n"), 1
    ),
    "a label that stands twice": Labelled(
        DOCUMENTS, RATES, ("r.tsv", LABEL + b"q1\td1\t1\n"), 1, "labels that stand twice with one grade, merged"
    ),
    "a query that is a document": Labelled(
        ("c.jsonl", ZOOS + b'{"_id":"a2","text":"Zoos keep endangered animals."}\n{"_id":"a3","text":"Trains."}\n'),
        ("q.jsonl", ZOOS), ("r.tsv", b"query-id\tcorpus-id\tscore\na1\ta2\t1\n"), 1,
        "queries that are documents of the corpus, left out of their own results",
    ),
    "Chinese, which has no blanks": Labelled(
        ("c.csv", "_id,text\nd1,机器学习是人工智能的一个分支。\nd2,今天的天气很好。\n".encode()),
        ("q.csv", "_id,text\nq1,机器学习\n".encode()), ANSWER, 1,
    ),
    "a word of one letter": Labelled(
        ("c.csv", b"_id,text\nd1,Vitamin C is found in oranges.\nd2,The R language is for statistics.\n"),
        ("q.csv", b"_id,text\nq1,C\n"), ANSWER, 1,
    ),
    "ids of another name that are numbers, as the rows' are": Labelled(
        ("c.csv", b"docid,text\n0,a cat sleeps\n1,bank rates went up\n2,rain\n"), RATES,
        ("r.tsv", LABEL.replace(b"d1", b"1")), 0,
        "documents named by the numbers of their rows; if docid holds their ids, call it _id",
    ),
    "MS MARCO's files, which name no columns": Labelled(
        ("collection.tsv", DOCUMENTS[1].partition(b"\n")[2].replace(b",", b"\t")), ("queries.tsv", b"q1\tbank rates\n"),
        ("qrels.dev", b"q1 0 d1 1\n"), 1, "files without column names, read as id and text",
    ),
    "labels of three columns without names": Labelled(
        DOCUMENTS, RATES, ("r.csv", b"q1,d1,1\n"), 1,
        "files without column names, read as query-id, corpus-id and score",
    ),
    "labels in TREC's columns with commas": Labelled(DOCUMENTS, RATES, ("r.csv", b"q1,Q0,d1,1\nq1,Q0,d2,0\n"), 1),
    "a copy under another id": Labelled(
        ("c.csv", COPIES), RATES, ANSWER, 0.6309297535714575, "1 relevant document has a copy in the corpus"
    ),
}  # fmt: skip

PAIRS: File = ("pairs.tsv", b'sentence1\tsentence2\tscore\n"Tis late\tIt is late\t5\nA\tB\t0\n"Twas C\tIt was D\t2\n')
PAIRS_WITHOUT_NAMES: File = ("pairs.csv", b"Tis late,It is late,5\nA,B,0\nTwas C,It was D,2.5\n")
VECTORS: dict[str, File] = {
    "vectors written as text in a CSV": (
        "e.csv",
        b'text,embedding\nowl,"[0.1, 0.2, 0.3]"\nsnow,"[0.9, 0.1, 0.0]"\nriver,"[0.2, 0.2, 0.9]"\nsun,"[0, 0.3, 0]"\n',
    ),
    "a word before the numbers of each line": (
        "w.tsv", b"king\t0.1\t0.2\t0.3\nqueen\t0.4\t0.5\t0.6\nowl\t0.9\t0.1\t0.2\nsnow\t0.7\t0.1\t0.1\n",
    ),
    "a word after them": (
        "w.tsv", b"0.1\t0.2\t0.3\tking\n0.4\t0.5\t0.6\tqueen\n0.9\t0.1\t0.2\towl\n0.7\t0.1\t0.1\tsnow\n",
    ),
    "words and numbers with blanks in between": (
        "glove.txt", b"king 0.1 0.2 0.3\nqueen 0.4 0.5 0.6\nowl 0.9 0.1 0.2\nsnow 0.7 0.1 0.1\n",
    ),
    "fastText's ending": (
        "wiki.vec", b"4 3\nking 0.1 0.2 0.3\nqueen 0.4 0.5 0.6\nowl 0.9 0.1 0.2\nsnow 0.7 0.1 0.1\n",
    ),
    "decimal commas in columns": (
        "v.csv", b"text;d0;d1;d2\nking;0,1;0,2;0,3\nqueen;0,4;0,5;0,6\nowl;0,9;0,1;0,2\nsnow;1;-0,1;1,5e-2\n",
    ),
    "decimal commas in lines of numbers": ("v.txt", b"0,1;0,2;0,3\n0,4;0,5;0,6\n0,9;0,1;0,2\n1;0;1\n"),
    "decimal commas in lists": (
        "v.csv", b'text,v\nking,"[0,1; 0,2; 0,3]"\nqueen,"[0,4 0,5 0,6]"\nowl,"[0,9; 0,1; 0,2]"\nsnow,"[1; 0; 1]"\n',
    ),
}  # fmt: skip
