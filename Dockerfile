# The server alone, without torch. The model is mounted, or copied in by an image of
# its own: FROM unfreeze-serve, COPY model.onnx model.golden.npz /model/
FROM python:3.12-slim AS build
WORKDIR /build
RUN python -m venv /opt/unfreeze
COPY docker/requirements.txt ./
RUN /opt/unfreeze/bin/pip install --no-cache-dir -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/unfreeze/bin/pip install --no-cache-dir --no-deps .

FROM python:3.12-slim
COPY --from=build /opt/unfreeze /opt/unfreeze
ENV PATH=/opt/unfreeze/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 65532:65532
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/ready', timeout=4)"]
ENTRYPOINT ["unfreeze", "serve"]
CMD ["/model/model.onnx", "--host", "0.0.0.0"]
