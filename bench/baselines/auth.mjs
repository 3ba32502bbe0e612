import jwt from "jsonwebtoken";

export function authenticate(req, res, next) {
  const token = req.headers.authorization?.replace("Bearer ", "");
  try {
    req.userId = jwt.verify(token, process.env.JWT_SECRET).sub;
    next();
  } catch {
    res.status(401).json({ error: "Unauthorized" });
  }
}

export function validateSave(req, res, next) {
  const { courseId, lectureId, watchTime } = req.body ?? {};
  if (typeof courseId !== "string" || typeof lectureId !== "string" || typeof watchTime !== "number") {
    res.status(400).json({ error: "courseId, lectureId and watchTime are required" });
    return;
  }
  next();
}
